// What is one's own: sessions, and proving again who one is.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import type { Session } from "./schema.gen";

export const sessionsKey = ["sessions"] as const;

export const mySessions = queryOptions({
  queryKey: sessionsKey,
  queryFn: async ({ signal }): Promise<Session[]> => (await answered(client.GET("/api/v1/me/sessions", { signal }), signal)).items,
});

export async function endSession(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id } } }));
}

/** Opens what needs the password for ten minutes of this browser's session. */
export async function stepUp(password: string): Promise<void> {
  await answered(client.POST("/api/v1/me/step-up", { body: { password } }));
}
