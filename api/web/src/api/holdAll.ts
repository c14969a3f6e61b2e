// All lanes of a direction held open: asked for by one person, confirmed by another, released by one.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { LaneDirection, NewHoldAll } from "./schema.gen";

export const holdAllKey = ["hold-all"] as const;

/** Requests that wait for a second person, the oldest first. */
export function holdAllRequests(site: string) {
  return queryOptions({
    queryKey: [...holdAllKey, site],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/api/v1/sites/{id}/hold-all", { params: { path: { id: site } }, signal }), signal)).items,
    // The feed says when somebody asks; this is for a request whose time is over.
    refetchInterval: 15_000,
  });
}

export async function askHoldAll(site: string, body: NewHoldAll): Promise<void> {
  await answered(client.POST("/api/v1/sites/{id}/hold-all", { params: { path: { id: site }, header: newKey() }, body }));
}

export async function confirmHoldAll(site: string, request: string): Promise<void> {
  const params = { path: { id: site, request }, header: newKey() };
  await answered(client.POST("/api/v1/sites/{id}/hold-all/{request}/confirm", { params }));
}

export async function releaseAll(site: string, direction: LaneDirection, reason: string): Promise<void> {
  const params = { path: { id: site }, header: newKey() };
  await answered(client.POST("/api/v1/sites/{id}/release-all", { params, body: { direction, reason } }));
}
