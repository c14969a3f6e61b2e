import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { Lane, NewCommand, OrderAction } from "./schema.gen";

export type Action = OrderAction;

export const lanesKey = ["lanes"] as const;

/** The lanes of one site. */
export function lanes(site: string) {
  return queryOptions({
    queryKey: [...lanesKey, site],
    queryFn: async ({ signal }): Promise<Lane[]> =>
      (await answered(client.GET("/api/v1/lanes", { params: { query: { site } }, signal }), signal)).items,
    // The feed says when something happened; this notices a lane that fell silent.
    refetchInterval: 10_000,
  });
}

export async function orderBoom(lane: string, action: Action, reason: string, arrival: string | null) {
  const body: NewCommand = { action, reason, ...(arrival ? { arrival } : {}) };
  const params = { path: { id: lane }, header: newKey() };
  return (await answered(client.POST("/api/v1/lanes/{id}/commands", { params, body }))).command;
}
