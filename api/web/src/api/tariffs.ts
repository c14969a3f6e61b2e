// Tariffs of a site: versions, drafts, and what is found out about one before it is published.
import { queryOptions } from "@tanstack/react-query";
import { type Versioned, answered, client, newKey, versioned } from "./client";
import type {
  ReadHoliday,
  SimulateStay,
  SimulatedStay,
  TariffBody,
  TariffCheck,
  TariffDraft,
  TariffVehicle,
  TariffVersion,
  WhatIf,
} from "./schema.gen";

export const tariffsKey = ["tariffs"] as const;
const draftsKey = [...tariffsKey, "drafts"] as const;

/** Every version of a site's tariff, the newest first. */
export function tariffVersions(site: string, language: string) {
  return queryOptions({
    queryKey: [...tariffsKey, "versions", site, language],
    queryFn: async ({ signal }): Promise<TariffVersion[]> =>
      (await answered(client.GET("/api/v1/tariffs", { params: { query: { site } }, signal }), signal)).items,
  });
}

/** The drafts of a site, the one changed last first. */
export function tariffDrafts(site: string) {
  return queryOptions({
    queryKey: [...draftsKey, site],
    queryFn: async ({ signal }): Promise<TariffDraft[]> =>
      (await answered(client.GET("/api/v1/tariffs/drafts", { params: { query: { site } }, signal }), signal)).items,
  });
}

export async function fetchDraft(id: string, signal?: AbortSignal): Promise<Versioned<TariffDraft>> {
  const params = { path: { id } };
  return versioned(client.GET("/api/v1/tariffs/drafts/{id}", { params, ...(signal ? { signal } : {}) }), signal);
}

export function tariffDraft(id: string) {
  return queryOptions({
    queryKey: [...tariffsKey, "draft", id],
    queryFn: ({ signal }) => fetchDraft(id, signal),
    // What is being written must not change under the hands of whoever types.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Begins a draft from a version, or from what is in force. */
export async function beginDraft(site: string, version: string | null): Promise<TariffDraft> {
  return answered(client.POST("/api/v1/tariffs/drafts", { params: { header: newKey() }, body: { site, version } }));
}

/** Changes the version named by `etag`; another one is a 412. */
export async function saveDraft(id: string, etag: string, tariff: TariffBody): Promise<Versioned<TariffDraft>> {
  const params = { path: { id }, header: { "If-Match": etag } };
  return versioned(client.PATCH("/api/v1/tariffs/drafts/{id}", { params, body: tariff }));
}

export async function discardDraft(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/tariffs/drafts/{id}", { params: { path: { id } } }));
}

/** Publishes what was looked at, now or from an instant on. */
export async function publishDraft(id: string, etag: string, validFrom: string | null): Promise<TariffVersion> {
  const params = { path: { id }, header: { ...newKey(), "If-Match": etag } };
  return answered(client.POST("/api/v1/tariffs/drafts/{id}/publish", { params, body: { valid_from: validFrom } }));
}

/** Everything wrong with a tariff, or what it costs. */
export function tariffCheck(site: string, tariff: TariffBody, vehicle: TariffVehicle, language: string) {
  return queryOptions({
    queryKey: [...tariffsKey, "check", site, tariff, vehicle, language],
    queryFn: ({ signal }): Promise<TariffCheck> =>
      answered(client.POST("/api/v1/tariffs/check", { body: { site, tariff, vehicle }, signal }), signal),
    gcTime: 60_000,
  });
}

export async function simulateStay(body: SimulateStay): Promise<SimulatedStay> {
  return answered(client.POST("/api/v1/tariffs/simulate", { body }));
}

export async function whatIf(site: string, tariff: TariffBody, firstDay: string, lastDay: string): Promise<WhatIf> {
  return answered(client.POST("/api/v1/tariffs/what-if", { body: { site, tariff, first_day: firstDay, last_day: lastDay } }));
}

/** The holidays of a calendar file. */
export async function readHolidays(file: string): Promise<ReadHoliday[]> {
  const sent = client.POST("/api/v1/tariffs/holidays", {
    body: file,
    bodySerializer: (text) => text,
    headers: { "Content-Type": "text/calendar" },
  });
  return (await answered(sent)).items;
}
