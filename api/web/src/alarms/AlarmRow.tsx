import { BellRing, CircleCheck, UserCheck } from "lucide-react";
import type { Alarm, AlarmState } from "../api/schema.gen";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Time } from "../ui/Time";
import { useAlarmText } from "./useAlarmText";
import { useTakeAlarm } from "./useTakeAlarm";

export const ALARM_LOOK = {
  open: { Icon: BellRing, tone: "text-deny" },
  acknowledged: { Icon: UserCheck, tone: "text-charge" },
  closed: { Icon: CircleCheck, tone: "text-soft" },
} as const satisfies Record<AlarmState, unknown>;

/** One alarm: what, where, since when; and who is at it. */
export function AlarmRow({ alarm, show }: { alarm: Alarm; show: (id: string) => void }) {
  const { alarms } = useMessages();
  const { site } = useSite();
  const text = useAlarmText();
  const taking = useTakeAlarm();
  const { Icon, tone } = ALARM_LOOK[alarm.state];
  return (
    <li className="relative flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground" data-alarm={alarm.kind}>
      <Icon aria-hidden size={20} className={`shrink-0 ${tone}`} />
      <div className="min-w-0 flex-1">
        <button type="button" onClick={() => show(alarm.id)} className="text-left font-medium wrap-anywhere after:absolute after:inset-0">
          {text(alarm)}
        </button>
        <p className="flex flex-wrap gap-x-2 text-small text-soft">
          {alarm.lane && <span className="font-medium text-ink">{alarm.lane.name || alarm.lane.code}</span>}
          <span>
            {alarms.since} <Time at={alarm.raised_at} />
          </span>
          {alarm.times > 1 && <span>{alarms.times(alarm.times)}</span>}
          {alarm.acknowledged?.by && alarm.state === "acknowledged" && <span>{alarms.takenBy(alarm.acknowledged.by.name)}</span>}
        </p>
      </div>
      {alarm.state === "open" && may(site, "alarms:settle") && (
        <Button className="relative" disabled={taking.isPending} onClick={() => taking.mutate(alarm.id)} aria-label={`${alarms.take}: ${text(alarm)}`}>
          {alarms.take}
        </Button>
      )}
    </li>
  );
}
