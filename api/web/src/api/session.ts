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

export interface Credentials {
  name: string;
  password: string;
  /** Only where the server asked which company. */
  tenant: string | null;
  /** A code of the authenticator app or a recovery code, only where the server asked for it. */
  otp: string | null;
}

export async function logIn({ name, password, tenant, otp }: Credentials): Promise<Me> {
  const body = { name, password, ...(tenant ? { tenant } : {}), ...(otp ? { otp } : {}) };
  const { user } = await answered(client.POST("/api/v1/login", { body }));
  return user;
}

export async function logOut(): Promise<void> {
  await answered(client.POST("/api/v1/logout"));
}

/** What screens and buttons ask for. */
export type Permission =
  | "lanes:operate"
  | "tickets:issue"
  | "lanes:mode"
  | "lanes:hold-all"
  | "alarms:read"
  | "alarms:settle"
  | "stays:read"
  | "subscriptions:read"
  | "subscriptions:write"
  | "blocklist:read"
  | "blocklist:write"
  | "payments:take"
  | "stays:correct"
  | "stays:void"
  | "occupancy:set"
  | "vehicles:read"
  | "vehicles:write"
  | "reports:read"
  | "tariffs:read"
  | "tariffs:draft"
  | "tariffs:publish"
  | "validations:manage"
  | "validations:redeem"
  | "jobs:read"
  | "audit:read"
  | "users:manage"
  | "keys:manage"
  | "devices:manage"
  | "settings:write";

/**
 * What a person may do at a site, at once or once the password was given again. The server decides; this only hides what it
 * would refuse.
 */
export function may({ permissions, after_step_up: later }: MySite, permission: Permission): boolean {
  return permissions.includes(permission) || later.includes(permission);
}
