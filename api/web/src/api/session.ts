// Who sits here: null while nobody is logged in.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";
import { isStatus } from "./problem";
import type { Me, MySite } from "./schema.gen";

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

/** `tenant` only where the server asked which. */
export async function logIn(name: string, password: string, tenant: string | null): Promise<Me> {
  const body = { name, password, ...(tenant ? { tenant } : {}) };
  const { user } = await answered(client.POST("/api/v1/login", { body }));
  return user;
}

export async function logOut(): Promise<void> {
  await answered(client.POST("/api/v1/logout"));
}

/** What screens and buttons ask for. */
export type Permission =
  | "lanes:operate"
  | "stays:read"
  | "payments:take"
  | "jobs:read"
  | "audit:read"
  | "users:manage"
  | "keys:manage"
  | "settings:write";

/**
 * What a person may do at a site, at once or once the password was given again. The server decides; this only hides what it
 * would refuse.
 */
export function may({ permissions, after_step_up: later }: MySite, permission: Permission): boolean {
  return permissions.includes(permission) || later.includes(permission);
}
