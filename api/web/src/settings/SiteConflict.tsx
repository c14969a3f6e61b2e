import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { RadioField } from "../ui/RadioField";
import { type SiteField, type SiteFields, SITE_FIELDS, merge } from "./siteMerge";

interface Props {
  base: SiteFields;
  mine: SiteFields;
  theirs: SiteFields;
  /** Goes on with these. */
  settle: (fields: SiteFields) => void;
}

/** Somebody else saved first: what they wrote, what I wrote, and a choice where both touched the same. */
export function SiteConflict({ base, mine, theirs, settle }: Props) {
  const { conflict } = useMessages();
  const { merged, conflicts } = merge(base, mine, theirs);
  const [chosen, setChosen] = useState<Partial<Record<SiteField, "mine" | "theirs">>>({});
  const isChosen = conflicts.every((field) => chosen[field]);
  const result = () => {
    const fields = { ...merged };
    for (const field of conflicts) fields[field] = (chosen[field] === "theirs" ? theirs : mine)[field];
    return fields;
  };
  const foreign = SITE_FIELDS.filter((field) => theirs[field] !== base[field] && !conflicts.includes(field));
  return (
    <section role="alert" className="grid gap-4 rounded-card border border-charge bg-card p-5" data-conflict>
      <h2 className="text-large font-semibold">{conflict.title}</h2>
      {foreign.length > 0 && (
        <ul className="grid gap-1">
          {foreign.map((field) => (
            <Foreign key={field} field={field} before={base[field]} after={theirs[field]} />
          ))}
        </ul>
      )}
      {conflicts.map((field) => (
        <FieldChoice
          key={field}
          field={field}
          mine={mine[field]}
          theirs={theirs[field]}
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

function Foreign({ field, before, after }: { field: SiteField; before: string; after: string }) {
  const { conflict, settings } = useMessages();
  const names: Record<SiteField, string> = { name: settings.sites.name, time_zone: settings.sites.timeZone };
  return (
    <li>
      {names[field]}: {conflict.changed(before, after)}
    </li>
  );
}

interface ChoiceProps {
  field: SiteField;
  mine: string;
  theirs: string;
  chosen: "mine" | "theirs" | undefined;
  choose: (whose: "mine" | "theirs") => void;
}

function FieldChoice({ field, mine, theirs, chosen, choose }: ChoiceProps) {
  const { conflict, settings } = useMessages();
  const names: Record<SiteField, string> = { name: settings.sites.name, time_zone: settings.sites.timeZone };
  const options = [
    ["theirs", conflict.theirs, theirs],
    ["mine", conflict.mine, mine],
  ] as const;
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{names[field]}</legend>
      {options.map(([whose, label, value]) => (
        <RadioField key={whose} name={field} isChecked={chosen === whose} choose={() => choose(whose)}>
          {`${label}: ${value}`}
        </RadioField>
      ))}
    </fieldset>
  );
}
