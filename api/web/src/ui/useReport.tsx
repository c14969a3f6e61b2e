import { useCallback } from "react";
import { ProblemError } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { RequestId } from "./RequestId";
import { toasts } from "./toastManager";

/** Tells a failure in words, with the request's id to copy. */
export function useReport(): (error: unknown) => void {
  const messages = useMessages();
  return useCallback(
    (error: unknown) => {
      if (!(error instanceof ProblemError)) {
        toasts.add({ type: "error", priority: "high", timeout: 0, title: messages.problem.unreachable });
        return;
      }
      if (error.status === 401) return;
      const description = error.requestId ? <RequestId id={error.requestId} /> : undefined;
      toasts.add({ type: "error", priority: "high", timeout: 0, title: error.message, description });
    },
    [messages],
  );
}
