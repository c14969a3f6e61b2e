import type { Choice, Problem } from "./schema.gen";

/** The server refused or failed; `problem` says why. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** Of which one has to be named. */
  readonly choices: readonly Choice[];
  constructor(status: number, problem: Partial<Problem>, requestId: string | null) {
    super(problem.message ?? problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.code = problem.code ?? "";
    this.choices = problem.choices ?? [];
    this.requestId = problem.request_id ?? requestId;
  }
}

/** No answer came. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ProblemError && error.status === status;
}
