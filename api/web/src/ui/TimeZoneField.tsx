import { useMemo } from "react";
import { SelectField } from "./SelectField";

interface Props {
  label: string;
  value: string;
  change: (zone: string) => void;
  hint?: string;
  problem?: string | null;
}

/** The zones the browser knows, by continent; one that it calls otherwise stays in the list. */
export function TimeZoneField({ value, ...rest }: Props) {
  const groups = useMemo(() => {
    const names = Intl.supportedValuesOf("timeZone");
    const all = names.includes(value) ? names : [value, ...names];
    return Map.groupBy(all, (name) => name.split("/", 1)[0] ?? name);
  }, [value]);
  return (
    <SelectField value={value} {...rest}>
      {[...groups].map(([region, names]) => (
        <optgroup key={region} label={region}>
          {names.map((name) => (
            <option key={name} value={name}>
              {name.replaceAll("_", " ")}
            </option>
          ))}
        </optgroup>
      ))}
    </SelectField>
  );
}
