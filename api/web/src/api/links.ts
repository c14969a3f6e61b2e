// Links that work once: what stands behind `#` in them lets somebody choose a password.
import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";

/** For whom a link is; it is asked once. */
export function link(token: string) {
  return queryOptions({
    queryKey: ["link", token],
    queryFn: ({ signal }) => answered(client.POST("/api/v1/links/look-up", { body: { token }, signal }), signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export async function redeemLink(token: string, password: string): Promise<void> {
  await answered(client.POST("/api/v1/links/redeem", { body: { token, password } }));
}
