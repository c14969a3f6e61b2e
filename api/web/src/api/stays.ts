import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { Amount, NewPayment, PageStay, StayChange } from "./schema.gen";

export const STATES = ["open", "closed", "exit_only", "voided", "all"] as const;
export type StayState = (typeof STATES)[number];
export type PaymentMethod = NewPayment["method"];

export interface StayFilter {
  site: string;
  state: StayState;
  plate: string;
}

export const staysKey = ["stays"] as const;
export const stayKey = ["stay"] as const;

const PAGE = 50;

async function fetchStays(filter: StayFilter, cursor: string | null, limit: number, signal: AbortSignal): Promise<PageStay> {
  const { site, state, plate } = filter;
  const query = { site, state, limit, ...(plate ? { plate } : {}), ...(cursor ? { cursor } : {}) };
  return answered(client.GET("/api/v1/stays", { params: { query }, signal }), signal);
}

export function stays(filter: StayFilter) {
  return infiniteQueryOptions({
    queryKey: [...staysKey, filter],
    queryFn: ({ pageParam, signal }) => fetchStays(filter, pageParam, PAGE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** A few stays whose plate begins so, for the palette. */
export function staysLike(site: string, plate: string) {
  return queryOptions({
    queryKey: [...staysKey, "like", site, plate],
    queryFn: async ({ signal }) => (await fetchStays({ site, state: "all", plate }, null, 6, signal)).items,
  });
}

export function stay(id: string) {
  return queryOptions({
    queryKey: [...stayKey, id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/stays/{id}", { params: { path: { id } }, signal }), signal),
  });
}

/** Exits of which no entry is known, the newest first. */
export function exitsWithoutEntry(site: string) {
  return queryOptions({
    queryKey: [...staysKey, "exits", site],
    queryFn: async ({ signal }) => (await fetchStays({ site, state: "exit_only", plate: "" }, null, 20, signal)).items,
  });
}

export async function correctStay(id: string, body: StayChange) {
  return answered(client.PATCH("/api/v1/stays/{id}", { params: { path: { id } }, body }));
}

export async function mergeStay(id: string, other: string, reason: string) {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/stays/{id}/merge", { params, body: { other, reason } }));
}

export async function voidStay(id: string, reason: string) {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/stays/{id}/void", { params, body: { reason } }));
}

export async function takePayment(id: string, amount: Amount, method: PaymentMethod, note: string) {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/stays/{id}/payments", { params, body: { method, amount, note } }));
}
