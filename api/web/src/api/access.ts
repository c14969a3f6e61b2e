import { queryOptions } from "@tanstack/react-query";
import { type Versioned, client, versioned } from "./client";
import type { Access, AccessChange } from "./schema.gen";

export const accessKey = ["access"] as const;

/** How a site treats cars with and without rights, to be changed. */
export function access(site: string) {
  return queryOptions({
    queryKey: [...accessKey, site],
    queryFn: ({ signal }): Promise<Versioned<Access>> =>
      versioned(client.GET("/api/v1/sites/{id}/access", { params: { path: { id: site } }, signal }), signal),
    // What is being changed must not change under the hands of whoever types.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Changes the version named by `etag`; another one is a 412. */
export async function changeAccess(site: string, etag: string, body: AccessChange): Promise<Versioned<Access>> {
  const params = { path: { id: site }, header: { "If-Match": etag } };
  return versioned(client.PATCH("/api/v1/sites/{id}/access", { params, body }));
}
