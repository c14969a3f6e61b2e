// Validation codes, and redeeming them for stays.
import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { NewValidationCode, OneStay, ValidationCode } from "./schema.gen";

export const validationsKey = ["validations"] as const;

const PAGE = 50;

/** The codes of a site, the newest first. */
export function validationCodes(site: string) {
  return infiniteQueryOptions({
    queryKey: [...validationsKey, site],
    queryFn: ({ pageParam, signal }) => {
      const query = { site, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/validations", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export async function makeCode(body: NewValidationCode): Promise<ValidationCode> {
  return answered(client.POST("/api/v1/validations", { params: { header: newKey() }, body }));
}

export async function cancelCode(id: string): Promise<ValidationCode> {
  return answered(client.POST("/api/v1/validations/{id}/cancel", { params: { path: { id }, header: newKey() } }));
}

export async function redeemCode(stay: string, code: string): Promise<OneStay> {
  const params = { path: { id: stay }, header: newKey() };
  return answered(client.POST("/api/v1/stays/{id}/validations", { params, body: { code } }));
}

export async function takeBack(stay: string, validation: string): Promise<OneStay> {
  const params = { path: { id: stay, validation }, header: newKey() };
  return answered(client.POST("/api/v1/stays/{id}/validations/{validation}/cancel", { params }));
}
