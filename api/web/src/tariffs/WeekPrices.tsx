import type { PaintedDay } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { legendOf, minuteOf } from "./week";

const FILLS = [
  "fill-accent/15",
  "fill-accent/30",
  "fill-accent/45",
  "fill-accent/60",
  "fill-accent/75",
  "fill-accent/90",
  "fill-accent",
] as const;

/** Seven days as bars from midnight to midnight, each price in its shade; what the bars say stands below in words. */
export function WeekPrices({ week }: { week: readonly PaintedDay[] }) {
  const { language } = useCatalogue();
  const money = useMoney();
  const legend = legendOf(week);
  const fillOf = (minor: number) => FILLS[legend.find(({ amount }) => amount.minor === minor)?.level ?? 0];
  const dayName = (date: string) => new Date(`${date}T12:00:00Z`).toLocaleDateString(language, { weekday: "short", timeZone: "UTC" });
  const spansInWords = ({ spans }: PaintedDay) =>
    spans.map(({ from, until, first_hour: amount }) => `${from}–${until} ${money(amount)}`).join(", ");
  return (
    <div className="grid gap-2" data-week>
      <div className="grid grid-cols-[3.5rem_1fr] items-center gap-x-2 gap-y-1">
        {week.map((day) => (
          <div key={day.date} className="contents">
            <span className={`text-small ${day.holiday ? "font-semibold" : ""}`} title={day.holiday ?? undefined}>
              {dayName(day.date)}
              {day.holiday && " *"}
            </span>
            <svg
              viewBox="0 0 1440 10"
              preserveAspectRatio="none"
              className="h-6 w-full rounded-control border border-line"
              role="img"
              aria-label={`${dayName(day.date)}${day.holiday ? ` (${day.holiday})` : ""}: ${spansInWords(day)}`}
            >
              {day.spans.map(({ from, until, rule, first_hour: amount }) => (
                <rect
                  key={from}
                  x={minuteOf(from)}
                  y={0}
                  width={minuteOf(until) - minuteOf(from)}
                  height={10}
                  className={fillOf(amount.minor)}
                >
                  <title>{`${from}–${until} ${money(amount)} ${rule}`}</title>
                </rect>
              ))}
            </svg>
          </div>
        ))}
        <span />
        <div aria-hidden className="flex justify-between text-small text-soft tabular-nums">
          {["0", "6", "12", "18", "24"].map((hour) => (
            <span key={hour}>{hour}</span>
          ))}
        </div>
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {legend.map(({ amount, rules, level }) => (
          <li key={amount.minor} className="inline-flex items-center gap-2">
            <svg viewBox="0 0 10 10" className="size-4 rounded-control border border-strong-line" aria-hidden>
              <rect width={10} height={10} className={FILLS[level]} />
            </svg>
            <span className="tabular-nums">{money(amount)}</span>
            <span className="text-small wrap-anywhere text-soft">{rules.join(", ")}</span>
          </li>
        ))}
      </ul>
      {week
        .filter(({ holiday }) => holiday)
        .map(({ date, holiday }) => (
          <p key={date} className="text-small text-soft">{`* ${dayName(date)}: ${holiday ?? ""}`}</p>
        ))}
    </div>
  );
}
