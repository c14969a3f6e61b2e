import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { Candidate, DecidedArrival } from "./schema.gen";

export const candidatesKey = ["candidates"] as const;

/** What they owe grows while one looks. */
const AGAIN = 20_000;

/** The cars inside that a car at an exit may be; `plate` as a person reads it, or empty. */
export function candidates(arrival: string, plate: string) {
  return queryOptions({
    queryKey: [...candidatesKey, arrival, plate],
    queryFn: async ({ signal }): Promise<Candidate[]> => {
      const params = { path: { id: arrival }, query: plate ? { plate } : {} };
      return (await answered(client.GET("/api/v1/arrivals/{id}/candidates", { params, signal }), signal)).items;
    },
    refetchInterval: AGAIN,
    retry: false,
  });
}

/** Says which of the cars inside stands at the exit. */
export async function pairArrival(arrival: string, stay: string): Promise<DecidedArrival> {
  const params = { path: { id: arrival }, header: newKey() };
  return answered(client.POST("/api/v1/arrivals/{id}/pair", { params, body: { stay } }));
}
