import { useCallback } from "react";
import { ProblemError } from "../api/problem";
import { useMessages } from "./CatalogueContext";

/** A failure in words: in this screen's language where the rule has a text there, else as the server said it. */
export function useProblemText(): (error: unknown) => string {
  const { problem } = useMessages();
  return useCallback(
    (error) => (error instanceof ProblemError ? (problem.codes[error.code] ?? error.message) : problem.unreachable),
    [problem],
  );
}
