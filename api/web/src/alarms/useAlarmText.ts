import { useCallback } from "react";
import type { Alarm } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { useReason } from "../i18n/useReason";

/** What an alarm is about: its reason, or its kind where it has none. */
export function useAlarmText(): (alarm: Pick<Alarm, "kind" | "code" | "params">) => string {
  const { alarms } = useMessages();
  const reason = useReason();
  // Parameters of a reason are texts; the document says only that they are an object.
  return useCallback(
    ({ kind, code, params }) => reason(code, params as Record<string, string>, alarms.kinds[kind]) || alarms.kinds[kind],
    [alarms, reason],
  );
}
