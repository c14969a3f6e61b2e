import { queryOptions } from "@tanstack/react-query";
import { answered, client } from "./client";

export const jobs = queryOptions({
  queryKey: ["jobs"],
  queryFn: async ({ signal }) => (await answered(client.GET("/api/v1/jobs", { signal }), signal)).items,
  refetchInterval: 15_000,
});
