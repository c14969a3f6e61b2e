import { useCallback } from "react";
import { ProblemError, STEP_UP_NEEDED, isSessionOver } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { useProblemText } from "../i18n/useProblemText";
import { RequestId } from "./RequestId";
import { toasts } from "./toastManager";

/** Tells a failure in words, with the request's id to copy. */
export function useReport(): (error: unknown) => void {
  const messages = useMessages();
  const text = useProblemText();
  return useCallback(
    (error: unknown) => {
      if (!(error instanceof ProblemError)) {
        toasts.add({ type: "error", priority: "high", timeout: 0, title: messages.problem.unreachable });
        return;
      }
      // The log-in shows instead; and who would not give the password knows why nothing was done.
      if (isSessionOver(error) || error.code === STEP_UP_NEEDED) return;
      const description = error.requestId ? <RequestId id={error.requestId} /> : undefined;
      toasts.add({ type: "error", priority: "high", timeout: 0, title: text(error), description });
    },
    [messages, text],
  );
}
