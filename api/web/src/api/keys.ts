import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { ApiKey, ApiKeyAdded, NewApiKey } from "./schema.gen";

export const keysKey = ["keys"] as const;

/** All keys of the company, the live ones first. */
export const apiKeys = queryOptions({
  queryKey: keysKey,
  queryFn: async ({ signal }): Promise<ApiKey[]> => (await answered(client.GET("/api/v1/keys", { signal }), signal)).items,
});

export async function addKey(body: NewApiKey): Promise<ApiKeyAdded> {
  return answered(client.POST("/api/v1/keys", { params: { header: newKey() }, body }));
}

export async function revokeKey(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/keys/{id}", { params: { path: { id } } }));
}
