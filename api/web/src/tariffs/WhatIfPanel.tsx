import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { TariffBody, WhatIf } from "../api/schema.gen";
import { whatIf } from "../api/tariffs";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";
import { Plate } from "../plates/Plate";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { TextField } from "../ui/TextField";
import { wallTime } from "../ui/zonedTime";
import { lastMonth } from "./lastMonth";

/** What the stays of a past time would have cost by the draft. */
export function WhatIfPanel({ tariff, isReady }: { tariff: TariffBody; isReady: boolean }) {
  const { tariffs } = useMessages();
  const { site } = useSite();
  const [days, setDays] = useState(() => lastMonth(wallTime(Date.now(), site.time_zone).slice(0, 10)));
  const comparing = useMutation({ mutationFn: () => whatIf(site.id, tariff, days.first, days.last) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!comparing.isPending) comparing.mutate();
  };
  const wrongEnd = fieldProblem(comparing.error, "last_day");
  return (
    <Panel title={tariffs.whatIf}>
      <p className="mb-3 text-small text-soft">{tariffs.whatIfHint}</p>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3" data-what-if>
        <TextField label={tariffs.firstDay} type="date" value={days.first} change={(first) => setDays({ ...days, first })} required />
        <TextField label={tariffs.lastDay} type="date" value={days.last} change={(last) => setDays({ ...days, last })} required problem={wrongEnd} />
        <Button type="submit" disabled={!isReady || comparing.isPending}>
          {tariffs.compare}
        </Button>
      </form>
      <FormProblem error={wrongEnd ? null : comparing.error} />
      <div aria-live="polite">{comparing.data && <Comparison found={comparing.data} />}</div>
    </Panel>
  );
}

function Comparison({ found }: { found: WhatIf }) {
  const { tariffs } = useMessages();
  if (found.stays === 0) return <p className="mt-3 text-soft">{tariffs.noStays}</p>;
  const counts = [
    [tariffs.more, found.more],
    [tariffs.less, found.less],
    [tariffs.unchanged, found.same],
  ] as const;
  return (
    <div className="mt-3 grid gap-3" data-comparison>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-1">
        <dt className="text-soft">{tariffs.before}</dt>
        <dd className="text-right font-medium">
          <Money amount={found.before} />
        </dd>
        <dt className="text-soft">{tariffs.after}</dt>
        <dd className="text-right font-medium" data-after>
          <Money amount={found.after} />
        </dd>
        {counts.map(([name, count]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="text-right">{tariffs.stays(count)}</dd>
          </div>
        ))}
      </dl>
      {found.limited && <p className="text-small text-charge">{tariffs.limited}</p>}
      {found.largest.length > 0 && (
        <>
          <h3 className="font-medium">{tariffs.largest}</h3>
          <ul className="grid gap-1">
            {found.largest.map((one) => (
              <li key={one.stay} className="flex flex-wrap items-center gap-x-3">
                <Link to="/stays/$id" params={{ id: one.stay }} className="inline-flex min-h-11 items-center" aria-label={one.plate ?? one.stay}>
                  <Plate text={one.plate} />
                </Link>
                <span className="text-small text-soft">
                  <Time at={one.entered_at} />
                </span>
                <span className="ml-auto tabular-nums">
                  <Money amount={one.before} /> → <Money amount={one.after} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
