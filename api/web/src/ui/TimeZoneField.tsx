import { useMemo } from "react";
import { SelectField } from "./SelectField";
import { zonesByRegion } from "./timeZones";

interface Props {
  label: string;
  value: string;
  change: (zone: string) => void;
  hint?: string;
  problem?: string | null;
}

/** The zones the browser knows, by continent; one that it calls otherwise stays in the list. */
export function TimeZoneField({ value, ...rest }: Props) {
  const regions = useMemo(() => zonesByRegion(value), [value]);
  return (
    <SelectField value={value} {...rest}>
      {[...regions].map(([region, names]) => (
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
