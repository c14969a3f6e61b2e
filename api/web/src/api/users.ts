import { queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type { NewUser, User, UserAdded, UserChange } from "./schema.gen";

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
