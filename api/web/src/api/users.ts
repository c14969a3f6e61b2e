import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { NewUser, PasswordLink, User, UserAdded, UserChange } from "./schema.gen";

export const usersKey = ["users"] as const;

/** Everybody of the company, by name. */
export const users = queryOptions({
  queryKey: usersKey,
  queryFn: async ({ signal }): Promise<User[]> => (await answered(client.GET("/api/v1/users", { signal }), signal)).items,
});

export async function addUser(body: NewUser): Promise<UserAdded> {
  return answered(client.POST("/api/v1/users", { params: { header: newKey() }, body }));
}

export async function changeUser(id: string, body: UserChange): Promise<User> {
  return answered(client.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body }));
}

/** A link to their first or another password; links they had before are good no more. */
export async function makePasswordLink(id: string): Promise<PasswordLink> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/users/{id}/password-link", { params }));
}

/** Forgets their failed log-ins, so that they need not wait. */
export async function unlockUser(id: string): Promise<void> {
  await answered(client.POST("/api/v1/users/{id}/unlock", { params: { path: { id } } }));
}
