import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import type { Stats } from "../api/schema.gen";
import { may } from "../api/session";
import { stats as statsQuery } from "../api/stats";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { deferred } from "../ui/deferred";
import { formatDuration } from "../ui/formatTime";

const OccupancyDialog = deferred(async () => (await import("./OccupancyDialog")).OccupancyDialog);

/** Spaces, and the numbers of the day so far, in one line. */
export function StatsStrip() {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const { data } = useQuery(statsQuery(site.id));
  const [isOpen, setIsOpen] = useState(false);
  if (!data) return <div className="mb-4 h-16" />;
  return (
    <section aria-label={messages.stats.title} className="mb-4 flex flex-wrap items-stretch gap-x-6 gap-y-2 rounded-card border border-line bg-card px-4 py-2">
      <Spaces stats={data} />
      <Numbers stats={data} />
      {may(site, "occupancy:set") && (
        <button type="button" onClick={() => setIsOpen(true)} className="ml-auto min-h-11 px-2 font-medium text-accent hover:underline">
          {messages.stats.setRight}
        </button>
      )}
      <Suspense>{isOpen && <OccupancyDialog stats={data} close={() => setIsOpen(false)} />}</Suspense>
    </section>
  );
}

/** Free spaces in large figures, with a bar of how full it is. */
function Spaces({ stats }: { stats: Stats }) {
  const { messages } = useCatalogue();
  const { stats: texts } = messages;
  const share = Math.min(100, Math.max(0, (stats.occupied_basis_points ?? 0) / 100));
  const isCounted = typeof stats.spaces === "number";
  return (
    <div className="grid min-w-40 content-center gap-1">
      <p className="flex items-baseline gap-2">
        <b className="text-title leading-tight tabular-nums" data-testid="free">
          {isCounted ? stats.available : stats.occupied}
        </b>
        <span className="text-small text-soft">
          {isCounted ? texts.freeOf(stats.spaces ?? 0) : texts.inside}
        </span>
      </p>
      {isCounted && (
        <div role="meter" aria-label={texts.occupied} aria-valuenow={Math.round(share)} aria-valuemin={0} aria-valuemax={100} className="h-2 overflow-hidden rounded-full bg-raised">
          <svg viewBox="0 0 100 1" preserveAspectRatio="none" className="block h-full w-full" aria-hidden>
            <rect width={share} height="1" className={share >= 100 ? "fill-deny" : "fill-accent"} />
          </svg>
        </div>
      )}
    </div>
  );
}

function Numbers({ stats }: { stats: Stats }) {
  const { messages, language } = useCatalogue();
  const { stats: texts } = messages;
  const money = useMoney();
  const average = stats.average_stay_minutes;
  const numbers: [string, string][] = [
    [texts.entered, String(stats.entered)],
    [texts.processed, String(stats.processed)],
    [texts.average, typeof average === "number" ? formatDuration(average * 60_000, language) : "–"],
    [texts.revenue, money(stats.revenue)],
  ];
  return (
    <dl className="flex flex-wrap items-center gap-x-6 gap-y-1">
      {numbers.map(([name, value]) => (
        <div key={name}>
          <dd className="font-semibold tabular-nums">{value}</dd>
          <dt className="text-small text-soft">{name}</dt>
        </div>
      ))}
    </dl>
  );
}
