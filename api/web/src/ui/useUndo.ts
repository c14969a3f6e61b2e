import { useMutation } from "@tanstack/react-query";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "./toastManager";
import { useReport } from "./useReport";

/** Says that something was done and offers to undo it; `settled` is called after an undo, done or not. */
export function useUndo(settled: () => void): (said: string, undo: () => Promise<unknown>) => void {
  const messages = useMessages();
  const report = useReport();
  const undoing = useMutation({ mutationFn: (undo: () => Promise<unknown>) => undo(), onError: report, onSettled: settled });
  return (said, undo) => {
    const id = toasts.add({
      title: said,
      actionProps: {
        children: messages.undo,
        onClick: () => {
          toasts.close(id);
          undoing.mutate(undo);
        },
      },
    });
  };
}
