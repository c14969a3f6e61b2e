// Who sits here: null while nobody is logged in.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import { isStatus } from "./problem";
import type { Me } from "./schema.gen";

export type Role = Me["role"];

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => fetchMe(signal),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

export async function fetchMe(signal?: AbortSignal): Promise<Me | null> {
  try {
    return await answered(client.GET("/api/v1/me", signal ? { signal } : {}), signal);
  } catch (error) {
    if (isStatus(error, 401)) return null;
    throw error;
  }
}

export async function logIn(name: string, password: string): Promise<Me> {
  const { user } = await answered(client.POST("/api/v1/login", { body: { name, password } }));
  return user;
}

export async function logOut(): Promise<void> {
  await answered(client.POST("/api/v1/logout"));
}

/** The server decides; this only hides what it would refuse. */
export function mayTakeMoney(role: Role): boolean {
  return role === "admin" || role === "operator";
}

export function maySeeJobs(role: Role): boolean {
  return role === "admin";
}
