// The first run, by a link that whoever started the server was shown.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import type { NewSetup, SetupAnswer, SetupPrice, TotpSecret } from "./schema.gen";

/** Whether this installation still has to be set up. */
export const setupState = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => answered(client.GET("/api/v1/setup", { signal }), signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What can be chosen. */
export function setupOptions(token: string) {
  return queryOptions({
    queryKey: ["setup", "options", token],
    queryFn: ({ signal }) => answered(client.POST("/api/v1/setup/look-up", { body: { token }, signal }), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What some stays would cost. */
export function setupPrices(body: SetupPrice) {
  return queryOptions({
    queryKey: ["setup", "prices", body],
    queryFn: async ({ signal }) => (await answered(client.POST("/api/v1/setup/price", { body, signal }), signal)).examples,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function proposeSetupTotp(token: string, name: string): Promise<TotpSecret> {
  return answered(client.POST("/api/v1/setup/totp", { body: { token, name } }));
}

export async function setUp(body: NewSetup): Promise<SetupAnswer> {
  return answered(client.POST("/api/v1/setup", { body }));
}
