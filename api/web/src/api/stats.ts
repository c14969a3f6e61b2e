import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { Occupancy, Stats } from "./schema.gen";

export const statsKey = ["stats"] as const;

/** The feed says when something changes; the day ends without it. */
const EVERY = 60_000;

export function stats(site: string) {
  return queryOptions({
    queryKey: [...statsKey, site],
    queryFn: ({ signal }): Promise<Stats> => answered(client.GET("/api/v1/stats", { params: { query: { site } }, signal }), signal),
    refetchInterval: EVERY,
  });
}

/** How many cars are inside, as a person counted them; stays are as they were. */
export async function setCount(site: string, inside: number, reason: string): Promise<Occupancy> {
  return answered(client.POST("/api/v1/occupancy/count", { params: { header: newKey() }, body: { site, inside, reason } }));
}

/** Voids the open stays that began before; the count is as it was. */
export async function resetStays(site: string, before: Date, reason: string): Promise<Occupancy> {
  const body = { site, before: before.toISOString(), reason };
  return answered(client.POST("/api/v1/occupancy/reset-stays", { params: { header: newKey() }, body }));
}
