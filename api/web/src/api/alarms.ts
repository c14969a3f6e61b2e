import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { AlarmDetail, AlarmKind, AlarmState } from "./schema.gen";

export const ALARM_STATES = ["open", "acknowledged", "closed"] as const satisfies readonly AlarmState[];

export const alarmsKey = ["alarms"] as const;

export interface AlarmFilter {
  site: string;
  state: AlarmState;
  kind: AlarmKind | null;
}

const PAGE = 50;
/** The feed says when something changes; this is for a feed that was away. */
const EVERY = 30_000;

export function alarms({ site, state, kind }: AlarmFilter) {
  return infiniteQueryOptions({
    queryKey: [...alarmsKey, "list", site, state, kind],
    queryFn: async ({ pageParam, signal }) => {
      const query = { site, state, limit: PAGE, ...(kind ? { kind } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/alarms", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    refetchInterval: EVERY,
  });
}

/** Those that nobody has taken yet, the newest first. */
export function openAlarms(site: string) {
  return queryOptions({
    queryKey: [...alarmsKey, "open", site],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/api/v1/alarms", { params: { query: { site, state: "open", limit: 100 } }, signal }), signal)).items,
    refetchInterval: EVERY,
  });
}

export function alarm(id: string) {
  return queryOptions({
    queryKey: [...alarmsKey, "one", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/alarms/{id}", { params: { path: { id } }, signal }), signal),
  });
}

/** Says that one sees to it. Of two people who do so at once, the second is told who was first. */
export async function takeAlarm(id: string): Promise<AlarmDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/alarms/{id}/acknowledge", { params }));
}

export async function closeAlarm(id: string, note: string): Promise<AlarmDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/alarms/{id}/close", { params, body: { note } }));
}
