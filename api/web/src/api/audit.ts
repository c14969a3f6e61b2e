import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import type { AuditAction, AuditLine } from "./schema.gen";

export type AuditActionName = AuditAction["action"];

/** A line; `action` and `detail` are missing where only a later version knows what was done. */
export type AuditEntry = AuditLine;

export interface AuditFilter {
  site: string;
  action: AuditActionName | null;
  /** Id of a user, key or device. */
  actor: string | null;
  stay: string | null;
  /** Instants, RFC 3339. */
  from: string | null;
  until: string | null;
}

const PAGE = 50;

export function audit(filter: AuditFilter) {
  const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== null));
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: async ({ pageParam, signal }) => {
      const params = { query: { ...query, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } };
      return answered(client.GET("/api/v1/audit", { params, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}
