import type { Choice, FieldError, Problem } from "./schema.gen";

/** The code of what needs the password again. */
export const STEP_UP_NEEDED = "STEP-UP-NEEDED";
const NOT_LOGGED_IN = "NOT-LOGGED-IN";

/** The server refused or failed; `problem` says why. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** Of which one has to be named. */
  readonly choices: readonly Choice[];
  /** What is wrong with the input, field by field. */
  readonly fields: readonly FieldError[];
  constructor(status: number, problem: Partial<Problem>, requestId: string | null) {
    super(problem.message ?? problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.code = problem.code ?? "";
    this.choices = problem.choices ?? [];
    this.fields = problem.errors ?? [];
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

export function isCode(error: unknown, code: string): boolean {
  return error instanceof ProblemError && error.code === code;
}

/** Whether the session is over; a wrong password is a 401, too. */
export function isSessionOver(error: unknown): boolean {
  return isCode(error, NOT_LOGGED_IN);
}

/** What the server says of one field of the input, if anything. */
export function fieldProblem(error: unknown, field: string): string | null {
  if (!(error instanceof ProblemError)) return null;
  return error.fields.find((one) => one.field === field || one.field.startsWith(`${field}[`))?.message ?? null;
}
