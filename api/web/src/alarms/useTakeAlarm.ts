import { useMutation, useQueryClient } from "@tanstack/react-query";
import { alarmsKey, takeAlarm } from "../api/alarms";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";

/** Takes an alarm; others see then who is at it. */
export function useTakeAlarm() {
  const { alarms } = useMessages();
  const report = useReport();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: takeAlarm,
    onSuccess: () => void toasts.add({ title: alarms.taken }),
    onError: report,
    onSettled: () => void queries.invalidateQueries({ queryKey: alarmsKey }),
  });
}
