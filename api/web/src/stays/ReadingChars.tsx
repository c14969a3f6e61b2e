import type { StayReading } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";

/** Below this a character is worth a second look. */
const SURE = 0.9;

const TONES = { accept: "good", unsure: "warn", unreadable: "bad" } as const;

/** What the lane read, with how sure it is of each character. */
export function ReadingChars({ reading }: { reading: StayReading }) {
  const { messages, language } = useCatalogue();
  const { reading: words } = messages.stay;
  const percent = new Intl.NumberFormat(language, { style: "percent" });
  // A new key for each place: a plate may have one character twice.
  const chars = [...reading.raw].map((char, index) => ({ char, place: index + 1, share: (reading.chars[index] ?? 0) / 1000 }));
  return (
    <div className="mt-2 grid gap-1.5" data-reading={reading.raw}>
      <p className="flex flex-wrap items-center gap-2 text-small">
        {words.title}
        <Badge tone={TONES[reading.verdict]}>{words.verdicts[reading.verdict]}</Badge>
        <span className="text-soft">{words.frames(reading.frames)}</span>
      </p>
      <ol className="flex flex-wrap gap-1">
        {chars.map(({ char, place, share }) => (
          <li
            key={place}
            className={`grid min-w-9 justify-items-center rounded-control border px-1 pt-0.5 ${
              share < SURE ? "border-charge bg-charge-ground text-charge" : "border-line bg-raised"
            }`}
          >
            <span className="plate-face text-large leading-tight" translate="no">
              {char}
            </span>
            <span className="text-small tabular-nums">{percent.format(share)}</span>
            <svg viewBox="0 0 28 3" className="h-1 w-7" aria-hidden>
              <rect width="28" height="3" className="fill-line" />
              <rect width={28 * share} height="3" className={share < SURE ? "fill-charge" : "fill-steel"} />
            </svg>
          </li>
        ))}
      </ol>
      {reading.candidates.length > 0 && (
        <p className="text-small text-soft">
          {words.candidates} <span className="plate-face font-medium!">{reading.candidates.join(", ")}</span>
        </p>
      )}
    </div>
  );
}
