// How the app speaks with the server. Types come from `api/openapi.json`.
import createClient, { type FetchResponse } from "openapi-fetch";
import { ProblemError, STEP_UP_NEEDED, UnreachableError } from "./problem";
import type { Problem, paths } from "./schema.gen";
import { askForStepUp } from "./stepUp";

/** After so many milliseconds no answer is expected any more. */
const ANSWER_TIMEOUT = 15_000;

export const client = createClient<paths>({ baseUrl: location.origin, fetch: send });

/** Sends a request; once more where the server wants the password first and a person gave it. */
async function send(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", document.documentElement.lang);
  const again = request.clone();
  const response = await attempt(request);
  if (!(await needsStepUp(response)) || !(await askForStepUp(request.signal))) return response;
  return attempt(again);
}

async function attempt(request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_TIMEOUT)]) });
}

async function needsStepUp(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const problem = (await response.clone().json().catch(() => ({}))) as Partial<Problem>;
  return problem.code === STEP_UP_NEEDED;
}

/** A thing as it was read, and the name of this version of it. */
export interface Versioned<T> {
  value: T;
  etag: string;
}

/** What an answer holds. Throws [`ProblemError`], [`UnreachableError`], or what the caller aborted with. */
// oxlint-disable-next-line no-explicit-any -- openapi-fetch constrains its own type by it
export async function answered<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(
  asked: Promise<FetchResponse<T, O, M>>,
  signal?: AbortSignal,
): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  return (await versioned(asked, signal)).value;
}

/** As [`answered`], with the version by which a change can say what it changes. */
// oxlint-disable-next-line no-explicit-any -- openapi-fetch constrains its own type by it
export async function versioned<T extends Record<string | number, any>, O, M extends `${string}/${string}`>(
  asked: Promise<FetchResponse<T, O, M>>,
  signal?: AbortSignal,
): Promise<Versioned<NonNullable<FetchResponse<T, O, M>["data"]>>> {
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
  const value = answer.data as NonNullable<FetchResponse<T, O, M>["data"]>;
  return { value, etag: response.headers.get("etag") ?? "" };
}

function problemOf(error: unknown): Partial<Problem> {
  return typeof error === "object" && error !== null ? error : {};
}

/** Names one act, so that it is done once however often it is sent. */
export function newKey(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
}
