import type { TariffState, TariffVersion } from "../api/schema.gen";
import { Time } from "../clock/Time";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { DifferenceList } from "./DifferenceList";
import { WordList } from "./WordList";

interface Props {
  version: TariffVersion;
  draftFrom: (() => void) | null;
  isPending: boolean;
}

const TONES = { in_force: "good", scheduled: "warn", past: "plain" } as const satisfies Record<TariffState, string>;

/** One version: since when, by whom, what is another than before, and all of it in words. */
export function VersionCard({ version, draftFrom, isPending }: Props) {
  const { tariffs } = useMessages();
  const { differences } = version;
  return (
    <article className="grid gap-3 rounded-card border border-line bg-card p-4" data-version={version.version} data-state={version.state}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-semibold wrap-anywhere">{`${tariffs.version(version.version)}: ${version.tariff.name}`}</h3>
        <Badge tone={TONES[version.state]}>{tariffs.states[version.state]}</Badge>
        <span className="text-small text-soft">
          {tariffs.validFrom} <Time at={version.valid_from} />
          {version.published_by && `, ${tariffs.publishedBy(version.published_by)}`}
        </span>
        {draftFrom && (
          <Button className="ml-auto" disabled={isPending} onClick={draftFrom}>
            {tariffs.draftFrom}
            <span className="sr-only">{tariffs.version(version.version)}</span>
          </Button>
        )}
      </div>
      {differences ? (
        <div>
          <h4 className="text-small font-medium text-soft">{tariffs.differences}</h4>
          {differences.length === 0 ? <p>{tariffs.noDifferences}</p> : <DifferenceList differences={differences} />}
        </div>
      ) : (
        <p className="text-soft">{tariffs.first}</p>
      )}
      <details>
        <summary className="flex min-h-11 cursor-pointer items-center text-accent">{tariffs.inWords}</summary>
        <WordList words={version.words} />
      </details>
    </article>
  );
}
