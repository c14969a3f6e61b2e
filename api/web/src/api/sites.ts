import { queryOptions } from "@tanstack/react-query";
import { type Versioned, answered, client, versioned } from "./client";
import type { Site, SiteChange } from "./schema.gen";

export const sitesKey = ["sites"] as const;

/** Every site the caller sees, by code. */
export const sites = queryOptions({
  queryKey: sitesKey,
  queryFn: async ({ signal }): Promise<Site[]> => (await answered(client.GET("/api/v1/sites", { signal }), signal)).items,
});

/** One site with its version, to be changed. */
export async function fetchSite(id: string, signal?: AbortSignal): Promise<Versioned<Site>> {
  const params = { path: { id } };
  return versioned(client.GET("/api/v1/sites/{id}", { params, ...(signal ? { signal } : {}) }), signal);
}

export function site(id: string) {
  return queryOptions({
    queryKey: [...sitesKey, id],
    queryFn: ({ signal }) => fetchSite(id, signal),
    // What is being changed must not change under the hands of whoever types.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Changes the version named by `etag`; another one is a 412. */
export async function changeSite(id: string, etag: string, change: SiteChange): Promise<Versioned<Site>> {
  const params = { path: { id }, header: { "If-Match": etag } };
  return versioned(client.PATCH("/api/v1/sites/{id}", { params, body: change }));
}
