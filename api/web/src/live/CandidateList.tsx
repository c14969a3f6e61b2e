import { useEffect, useRef, useState } from "react";
import type { Candidate } from "../api/schema.gen";
import { useClock } from "../clock/useClock";
import { useMessages } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { Plate } from "../plates/Plate";
import { Kbd } from "../ui/Kbd";
import { TextField } from "../ui/TextField";

/** A second click that comes this soon belongs to a double click on what was here before. */
const DOUBLE_CLICK = 350;
/** Until the panel is open only the nearest ones are shown. */
const FEW = 2;

interface Props {
  found: readonly Candidate[];
  isLive: boolean;
  /** Whether the card asks: then a digit confirms. */
  isAsked: boolean;
  /** As the guard reads the plate on the picture. */
  typed: string;
  type: (plate: string) => void;
  confirm: (candidate: Candidate) => void;
}

/** The cars inside that the one at the exit may be: picture, plate, how like it is, what it owes; one click or digit confirms. */
export function CandidateList({ found, isLive, isAsked, typed, type, confirm }: Props) {
  const { pairing } = useMessages();
  const shownAt = useRef(0);
  useEffect(() => {
    shownAt.current = performance.now();
  }, []);
  const click = (candidate: Candidate) => {
    if (performance.now() - shownAt.current > DOUBLE_CLICK) confirm(candidate);
  };
  const shown = isAsked ? found : found.slice(0, FEW);
  return (
    <section aria-label={pairing.title} data-candidates className="grid gap-2 rounded-control border border-strong-line p-2.5">
      <div>
        <p className="font-semibold">{pairing.title}</p>
        <p className="text-small text-soft">{pairing.hint}</p>
      </div>
      {isAsked && <TypedPlate typed={typed} type={type} />}
      {found.length === 0 && <p className="text-soft">{pairing.none}</p>}
      <ol className="grid gap-1.5">
        {shown.map((candidate, index) => (
          <li key={candidate.stay}>
            <CandidateButton
              candidate={candidate}
              digit={isAsked && index < 9 ? String(index + 1) : null}
              isLive={isLive}
              confirm={() => click(candidate)}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

function TypedPlate({ typed, type }: Pick<Props, "typed" | "type">) {
  const { pairing } = useMessages();
  const [text, setText] = useState(typed);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        type(text.trim());
        // The digits belong to the candidates again.
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      }}
    >
      <TextField label={pairing.typed} value={text} change={setText} maxLength={20} autoComplete="off" />
    </form>
  );
}

interface ButtonProps {
  candidate: Candidate;
  digit: string | null;
  isLive: boolean;
  confirm: () => void;
}

function CandidateButton({ candidate, digit, isLive, confirm }: ButtonProps) {
  const { pairing } = useMessages();
  const clock = useClock();
  const money = useMoney();
  const { plate, entered_at: entered, entry_lane: lane, evidence, likeness, due } = candidate;
  const name = plate ?? pairing.unreadCar;
  const owes = due && due.minor > 0 ? pairing.owes(money(due)) : pairing.nothing;
  return (
    <button
      type="button"
      disabled={!isLive}
      onClick={confirm}
      aria-label={`${pairing.confirm(name)}: ${pairing.likeness[likeness]}, ${owes}`}
      data-candidate={candidate.stay}
      className="grid min-h-11 w-full grid-cols-[auto_5rem_1fr] items-center gap-2.5 rounded-control border border-strong-line bg-card p-1.5 text-left enabled:hover:bg-raised disabled:cursor-not-allowed disabled:opacity-55"
    >
      <span className="min-w-6 text-center">{digit && <Kbd>{digit}</Kbd>}</span>
      <EntryPicture name={evidence ?? null} alt={pairing.picture(name)} />
      <span className="grid min-w-0 gap-0.5">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <Plate text={plate} />
          <span className="text-small font-medium">{pairing.likeness[likeness]}</span>
        </span>
        <span className="text-small text-soft">
          {entered ? pairing.entered(clock(entered), lane ?? "") : ""} · {owes}
        </span>
      </span>
    </button>
  );
}

function EntryPicture({ name, alt }: { name: string | null; alt: string }) {
  const [failed, setFailed] = useState(false);
  const frame = "h-12 w-20 rounded-control bg-raised object-cover";
  if (!name || failed) return <span className={frame} />;
  return <img src={`/api/v1/evidence/${name}`} alt={alt} className={frame} width={80} height={48} decoding="async" onError={() => setFailed(true)} />;
}
