import { Plus, Trash2 } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { CODE, type LaneDraft } from "./draft";
import type { StepProps } from "./stepProps";

/** Where cars come in and go out. */
export function LanesStep({ draft, change }: StepProps) {
  const { setup } = useMessages();
  const { lanes } = draft;
  const set = (index: number, changed: Partial<LaneDraft>) =>
    change({ lanes: lanes.map((lane, at) => (at === index ? { ...lane, ...changed } : lane)) });
  const add = (direction: LaneDraft["direction"]) => {
    const number = lanes.filter((lane) => lane.direction === direction).length + 1;
    const code = `${direction === "entry" ? "in" : "out"}-${number}`;
    change({ lanes: [...lanes, { code, name: setup.laneNames[direction](number), direction }] });
  };
  const remove = (index: number) => change({ lanes: lanes.filter((_, at) => at !== index) });
  return (
    <>
      <div>
        <h2 className="text-large font-semibold">{setup.lanesTitle}</h2>
        <p className="text-soft">{setup.lanesHint}</p>
      </div>
      <ol className="grid gap-4">
        {lanes.map((lane, index) => (
          // A lane has no other name than its place while it is typed.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <LaneFields
              lane={lane}
              isTwice={lanes.some((other, at) => at < index && other.code === lane.code)}
              change={(changed) => set(index, changed)}
              remove={() => remove(index)}
            />
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => add("entry")}>
          <Plus aria-hidden size={18} />
          {setup.addEntry}
        </Button>
        <Button onClick={() => add("exit")}>
          <Plus aria-hidden size={18} />
          {setup.addExit}
        </Button>
      </div>
    </>
  );
}

interface FieldsProps {
  lane: LaneDraft;
  /** Whether a lane before it has its code. */
  isTwice: boolean;
  change: (changed: Partial<LaneDraft>) => void;
  remove: () => void;
}

function LaneFields({ lane, isTwice, change, remove }: FieldsProps) {
  const { setup, direction } = useMessages();
  const wrong = !CODE.test(lane.code) ? setup.badCode : isTwice ? setup.codeTwice : null;
  return (
    <div className="grid items-start gap-3 phone:grid-cols-[1fr_8rem_7rem_2.75rem]">
      <TextField label={setup.laneName} value={lane.name} change={(name) => change({ name })} maxLength={100} autoComplete="off" required />
      <TextField
        label={setup.laneCode}
        value={lane.code}
        change={(code) => change({ code })}
        maxLength={31}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        problem={wrong}
        required
      />
      <SelectField
        label={setup.laneDirection}
        value={lane.direction}
        change={(value) => change({ direction: value as LaneDraft["direction"] })}
      >
        <option value="entry">{direction.entry}</option>
        <option value="exit">{direction.exit}</option>
      </SelectField>
      <button
        type="button"
        aria-label={`${setup.removeLane}: ${lane.name}`}
        onClick={remove}
        className="grid size-11 place-items-center rounded-control text-soft hover:bg-raised phone:mt-6"
      >
        <Trash2 aria-hidden size={18} />
      </button>
    </div>
  );
}
