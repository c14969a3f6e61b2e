import { queryOptions } from "@tanstack/react-query";
import { type Versioned, answered, client, newKey, versioned } from "./client";
import type { Lane, LaneChange, LaneMode, NewCommand, NewLane, NewMode, OrderAction, PreviewAsked, ReadingCounts } from "./schema.gen";

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

/** One lane with its version, to be changed. */
export async function fetchLane(id: string, signal?: AbortSignal): Promise<Versioned<Lane>> {
  const params = { path: { id } };
  return versioned(client.GET("/api/v1/lanes/{id}", { params, ...(signal ? { signal } : {}) }), signal);
}

export function oneLane(id: string) {
  return queryOptions({
    queryKey: ["lane", id],
    queryFn: ({ signal }) => fetchLane(id, signal),
    // What is being changed must not change under the hands of whoever types.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export async function addLane(body: NewLane): Promise<Lane> {
  return answered(client.POST("/api/v1/lanes", { params: { header: newKey() }, body }));
}

/** Changes the version named by `etag`; another one is a 412. */
export async function changeLane(id: string, etag: string, change: LaneChange): Promise<Versioned<Lane>> {
  const params = { path: { id }, header: { "If-Match": etag } };
  return versioned(client.PATCH("/api/v1/lanes/{id}", { params, body: change }));
}

export const MODES = ["open", "full", "closed", "closed_to_all", "maintenance", "free_flow"] as const satisfies readonly LaneMode[];

/** Says what a lane is for; it obeys in its own time. */
export async function setLaneMode(id: string, mode: NewMode): Promise<void> {
  await answered(client.PUT("/api/v1/lanes/{id}/mode", { params: { path: { id } }, body: mode }));
}

/** Says what all lanes of a site are for. */
export async function setSiteMode(id: string, mode: NewMode): Promise<void> {
  await answered(client.PUT("/api/v1/sites/{id}/mode", { params: { path: { id } }, body: mode }));
}

/** Asks the camera of a lane for pictures: about one a second until the time that is answered. */
export async function askPreview(id: string): Promise<PreviewAsked> {
  return answered(client.POST("/api/v1/lanes/{id}/preview", { params: { path: { id }, header: newKey() } }));
}

/** The newest picture that somebody asked for; null where there is none. */
export async function fetchPreview(id: string, signal: AbortSignal): Promise<Blob | null> {
  const { data, response } = await client.GET("/api/v1/lanes/{id}/preview", { params: { path: { id } }, parseAs: "blob", signal });
  return response.ok && data ? (data as unknown as Blob) : null;
}

/** How well a lane's camera read in the last week. */
export function readingCounts(id: string) {
  return queryOptions({
    queryKey: ["reading-counts", id],
    queryFn: ({ signal }): Promise<ReadingCounts> =>
      answered(client.GET("/api/v1/lanes/{id}/reading-counts", { params: { path: { id } }, signal }), signal),
  });
}
