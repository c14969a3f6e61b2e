import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { Block, BlockChange, BlockState, NewBlock } from "./schema.gen";

export const BLOCK_STATES = ["active", "planned", "expired", "lifted"] as const satisfies readonly BlockState[];

export const blocklistKey = ["blocklist"] as const;

export interface BlockFilter {
  site: string;
  state: BlockState;
  q: string;
}

const PAGE = 50;

export function blocks({ site, state, q }: BlockFilter) {
  return infiniteQueryOptions({
    queryKey: [...blocklistKey, "list", site, state, q],
    queryFn: async ({ pageParam, signal }) => {
      const query = { site, state, limit: PAGE, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/blocklist", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function block(id: string) {
  return queryOptions({
    queryKey: [...blocklistKey, "one", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/blocklist/{id}", { params: { path: { id } }, signal }), signal),
  });
}

/** What the lists of a site mean for strangers. */
export function listRisk(site: string) {
  return queryOptions({
    queryKey: [...blocklistKey, "risk", site],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/blocklist/risk", { params: { query: { site } }, signal }), signal),
  });
}

export function overstays(site: string) {
  return infiniteQueryOptions({
    queryKey: [...blocklistKey, "overstays", site],
    queryFn: async ({ pageParam, signal }) => {
      const query = { site, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/overstays", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export async function addBlock(body: NewBlock): Promise<Block> {
  return answered(client.POST("/api/v1/blocklist", { params: { header: newKey() }, body }));
}

export async function changeBlock(id: string, body: BlockChange): Promise<Block> {
  return answered(client.PATCH("/api/v1/blocklist/{id}", { params: { path: { id } }, body }));
}

export async function liftBlock(id: string, reason: string): Promise<Block> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/blocklist/{id}/lift", { params, body: { reason } }));
}
