import type { AlarmKind } from "../api/schema.gen";
import { enAlarms } from "../i18n/enAlarms";

export function isAlarmKind(text: unknown): text is AlarmKind {
  return typeof text === "string" && Object.hasOwn(enAlarms.alarms.kinds, text);
}
