import { useQuery } from "@tanstack/react-query";
import { readingCounts } from "../api/lanes";
import { useCatalogue } from "../i18n/CatalogueContext";

/** How well a lane's camera read in the last week: right, corrected by a person, missed. */
export function LaneReadings({ lane }: { lane: string }) {
  const { messages, language } = useCatalogue();
  const { readings } = messages;
  const { data } = useQuery(readingCounts(lane));
  if (!data) return null;
  const { read_right: right, corrected, missed } = data;
  const cars = right + corrected + missed;
  if (cars === 0) return <span className="text-soft">{readings.none}</span>;
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  return (
    <span className="tabular-nums" data-readings={lane}>
      {readings.share(percent.format(right / cars))}{" "}
      <span className="text-small text-soft">
        {readings.counts(number.format(right), number.format(corrected), number.format(missed))}
      </span>
    </span>
  );
}
