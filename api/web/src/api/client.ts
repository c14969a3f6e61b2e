// How the app speaks with the server. Types come from `api/openapi.json`.
import createClient, { type FetchResponse } from "openapi-fetch";
import { ProblemError, UnreachableError } from "./problem";
import type { Problem, paths } from "./schema.gen";

/** After so many milliseconds no answer is expected any more. */
const ANSWER_TIMEOUT = 15_000;

export const client = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_TIMEOUT)]) }),
});

/** What an answer holds. Throws [`ProblemError`], [`UnreachableError`], or what the caller aborted with. */
// oxlint-disable-next-line no-explicit-any -- openapi-fetch constrains its own type by it
export async function answered<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(
  asked: Promise<FetchResponse<T, O, M>>,
  signal?: AbortSignal,
): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  let answer: FetchResponse<T, O, M>;
  try {
    answer = await asked;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new UnreachableError("no answer", { cause: error });
  }
  const { response } = answer;
  if (!response.ok) {
    throw new ProblemError(response.status, problemOf(answer.error), response.headers.get("x-request-id"));
  }
  return answer.data as NonNullable<FetchResponse<T, O, M>["data"]>;
}

function problemOf(error: unknown): Partial<Problem> {
  return typeof error === "object" && error !== null ? error : {};
}

/** Names one act, so that it is done once however often it is sent. */
export function newKey(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
}
