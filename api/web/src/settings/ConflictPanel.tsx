import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { RadioField } from "../ui/RadioField";
import { type Fields, merge, namesOf } from "./merge";

interface Props<F extends Fields> {
  /** What the fields are called. */
  names: Readonly<Record<keyof F & string, string>>;
  base: F;
  mine: F;
  theirs: F;
  /** Goes on with these. */
  settle: (fields: F) => void;
}

/** Somebody else saved first: what they wrote, what I wrote, and a choice where both touched the same. */
export function ConflictPanel<F extends Fields>({ names, base, mine, theirs, settle }: Props<F>) {
  const { conflict } = useMessages();
  const { merged, conflicts } = merge(base, mine, theirs);
  const [chosen, setChosen] = useState<Readonly<Record<string, "mine" | "theirs">>>({});
  const isChosen = conflicts.every((field) => chosen[field]);
  const result = (): F => {
    const mineOrTheirs = conflicts.map((field) => [field, (chosen[field] === "theirs" ? theirs : mine)[field]]);
    return { ...merged, ...Object.fromEntries(mineOrTheirs) };
  };
  const foreign = namesOf(theirs).filter((field) => theirs[field] !== base[field] && !conflicts.includes(field));
  return (
    <section role="alert" className="grid gap-4 rounded-card border border-charge bg-card p-5" data-conflict>
      <h2 className="text-large font-semibold">{conflict.title}</h2>
      {foreign.length > 0 && (
        <ul className="grid gap-1">
          {foreign.map((field) => (
            <li key={field}>
              {names[field]}: {conflict.changed(base[field] ?? "", theirs[field] ?? "")}
            </li>
          ))}
        </ul>
      )}
      {conflicts.map((field) => (
        <FieldChoice
          key={field}
          name={names[field]}
          mine={mine[field] ?? ""}
          theirs={theirs[field] ?? ""}
          chosen={chosen[field]}
          choose={(whose) => setChosen({ ...chosen, [field]: whose })}
        />
      ))}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => settle(theirs)}>{conflict.discard}</Button>
        <Button look="main" disabled={!isChosen} onClick={() => settle(result())}>
          {conflict.settle}
        </Button>
      </div>
    </section>
  );
}

interface ChoiceProps {
  name: string;
  mine: string;
  theirs: string;
  chosen: "mine" | "theirs" | undefined;
  choose: (whose: "mine" | "theirs") => void;
}

function FieldChoice({ name, mine, theirs, chosen, choose }: ChoiceProps) {
  const { conflict } = useMessages();
  const options = [
    ["theirs", conflict.theirs, theirs],
    ["mine", conflict.mine, mine],
  ] as const;
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{name}</legend>
      {options.map(([whose, label, value]) => (
        <RadioField key={whose} name={name} isChecked={chosen === whose} choose={() => choose(whose)}>
          {`${label}: ${value}`}
        </RadioField>
      ))}
    </fieldset>
  );
}
