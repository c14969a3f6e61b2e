import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";
import { lanes as lanesQuery } from "../api/lanes";
import type { LiveEvent } from "../api/liveEvent";
import { useFeed, useSite } from "../feed/SiteContext";
import type { SiteView } from "../feed/SiteStore";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useReason } from "../reasons/useReason";
import { useMoney } from "../money/useMoney";
import { EmptyState } from "../ui/EmptyState";
import { Time } from "../clock/Time";
import { OUTCOME_LOOK } from "../ui/outcomeLook";
import { type Words, describeEvent } from "./describeEvent";

/** What happened at this site, the newest first. */
export function Activity() {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const money = useMoney();
  const reason = useReason();
  const rows = useFeed((view) => view.rows);
  const cars = useFeed((view) => view.cars);
  const { data: lanes = [] } = useQuery(lanesQuery(site.id));
  const names = useMemo(() => new Map(lanes.map((lane) => [lane.id, lane.name || lane.code])), [lanes]);
  const words = useMemo<Words>(() => ({ messages, money, reason }), [messages, money, reason]);
  return (
    <section aria-labelledby="activity-title" className="flex min-h-0 flex-col rounded-card border border-line bg-card">
      <h2 id="activity-title" className="border-b border-line px-4 py-3 font-semibold">
        {messages.activity.title}
      </h2>
      {rows.length === 0 ? (
        <EmptyState title={messages.activity.empty}>{messages.activity.emptyHint}</EmptyState>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        <ol className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} aria-labelledby="activity-title">
          {rows.map((row) => (
            <ActivityRow key={row.no} row={row} plate={plateOf(row, cars)} lane={row.lane ? (names.get(row.lane) ?? "") : ""} words={words} />
          ))}
        </ol>
      )}
    </section>
  );
}

function plateOf({ data }: LiveEvent, cars: SiteView["cars"]): string | null {
  const arrival = "arrival" in data ? data.arrival : null;
  return (arrival && cars.get(arrival)?.plate) || null;
}

interface RowProps {
  row: LiveEvent;
  plate: string | null;
  lane: string;
  words: Words;
}

const ActivityRow = memo(function ActivityRow({ row, plate, lane, words }: RowProps) {
  const { tone, text } = describeEvent(row, plate, words);
  const look = tone ? OUTCOME_LOOK[tone] : null;
  return (
    <li className="grid grid-cols-[1.25rem_1fr] gap-x-2 border-b border-line px-4 py-2 last:border-0">
      <span className={`pt-0.5 ${look?.text ?? "text-soft"}`}>{look && <look.Icon aria-hidden size={16} />}</span>
      <div className="min-w-0">
        <p className={`wrap-anywhere ${look?.text ?? ""}`}>{text}</p>
        <p className="flex gap-2 text-small text-soft">
          <Time at={row.at} />
          <span>{lane}</span>
        </p>
      </div>
    </li>
  );
});
