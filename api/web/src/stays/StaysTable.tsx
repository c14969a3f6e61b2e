import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Stay } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";
import { Plate } from "../plates/Plate";
import { Time } from "../clock/Time";
import { formatDuration } from "../ui/formatTime";
import { useNow } from "../ui/useNow";
import { StayStatus } from "./StayStatus";
import { stayDuration } from "./stayDuration";

const CELL = "px-3 align-middle first:pl-4 last:pr-4";
const TEXT = `${CELL} text-left`;
const FIGURES = `${CELL} text-right`;

/** One stay a row; the plate leads to it. On a phone lanes and duration give way. */
export function StaysTable({ stays }: { stays: readonly Stay[] }) {
  const { messages } = useCatalogue();
  const { stays: words } = messages;
  return (
    <table className="w-full border-collapse">
      <thead>
        <tr className="h-11 border-b border-line text-small text-soft">
          <th className={`${TEXT} font-semibold`}>{words.plate}</th>
          <th className={`${TEXT} hidden font-semibold tablet:table-cell`}>{words.status}</th>
          <th className={`${TEXT} font-semibold`}>{words.entered}</th>
          <th className={`${TEXT} hidden font-semibold tablet:table-cell`}>{words.exited}</th>
          <th className={`${FIGURES} hidden font-semibold desk:table-cell`}>{words.duration}</th>
          <th className={`${FIGURES} font-semibold`}>{words.paid}</th>
        </tr>
      </thead>
      <tbody>
        {stays.map((stay) => (
          <StayRow key={stay.id} stay={stay} />
        ))}
      </tbody>
    </table>
  );
}

const StayRow = memo(function StayRow({ stay }: { stay: Stay }) {
  return (
    <tr className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground">
      <td className={TEXT}>
        <Link to="/stays/$id" params={{ id: stay.id }} className="after:absolute after:inset-0" data-stay={stay.id}>
          <Plate text={stay.plate} />
        </Link>
      </td>
      <td className={`${TEXT} hidden tablet:table-cell`}>
        <StayStatus status={stay.status} />
      </td>
      <td className={TEXT}>
        <Moment at={stay.entered_at} lane={stay.entry_lane} />
      </td>
      <td className={`${TEXT} hidden tablet:table-cell`}>
        <Moment at={stay.exited_at} lane={stay.exit_lane} />
      </td>
      <td className={`${FIGURES} hidden whitespace-nowrap tabular-nums desk:table-cell`}>
        <Duration stay={stay} />
      </td>
      <td className={FIGURES}>{stay.paid.minor !== 0 && <Money amount={stay.paid} />}</td>
    </tr>
  );
});

function Moment({ at, lane }: { at: string | null | undefined; lane: string | null | undefined }) {
  if (!at) return null;
  return (
    <span className="flex flex-wrap items-baseline gap-x-2">
      <Time at={at} />
      <span className="hidden text-small text-soft phone:inline">{lane}</span>
    </span>
  );
}

function Duration({ stay }: { stay: Stay }) {
  const { language } = useCatalogue();
  const duration = stayDuration(stay, useNow());
  return duration === null ? null : formatDuration(duration, language);
}
