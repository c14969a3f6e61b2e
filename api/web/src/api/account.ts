// What is one's own: sessions, password, second factor, notices, and proving again who one is.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import type { Session, TotpSecret } from "./schema.gen";

export const sessionsKey = ["sessions"] as const;
export const noticesKey = ["notices"] as const;

export const mySessions = queryOptions({
  queryKey: sessionsKey,
  queryFn: async ({ signal }): Promise<Session[]> => (await answered(client.GET("/api/v1/me/sessions", { signal }), signal)).items,
});

export async function endSession(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id } } }));
}

/** By password, or by a code of the authenticator app or a recovery code. */
export type Proof = { password: string } | { otp: string };

/** Opens what needs it for ten minutes of this browser's session. */
export async function stepUp(proof: Proof): Promise<void> {
  await answered(client.POST("/api/v1/me/step-up", { body: proof }));
}

/** Ends all other sessions, too. */
export async function changePassword(current: string, next: string): Promise<void> {
  await answered(client.PUT("/api/v1/me/password", { body: { current, new: next } }));
}

/** It counts once a code of it was given. */
export async function beginTotp(): Promise<TotpSecret> {
  return answered(client.POST("/api/v1/me/totp"));
}

/** Recovery codes, shown this once. */
export async function confirmTotp(otp: string): Promise<readonly string[]> {
  return (await answered(client.PUT("/api/v1/me/totp", { body: { otp } }))).recovery_codes;
}

export async function removeTotp(): Promise<void> {
  await answered(client.DELETE("/api/v1/me/totp"));
}

/** New ones in place of all there were, shown this once. */
export async function renewRecoveryCodes(): Promise<readonly string[]> {
  return (await answered(client.POST("/api/v1/me/recovery-codes"))).recovery_codes;
}

/** What one should know about one's account, the newest first. */
export const myNotices = queryOptions({
  queryKey: noticesKey,
  queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/me/notices", { signal }), signal)).items,
});

export async function seeNotice(id: string): Promise<void> {
  await answered(client.DELETE("/api/v1/me/notices/{id}", { params: { path: { id } } }));
}
