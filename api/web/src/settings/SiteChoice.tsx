import type { MySite } from "../api/schema.gen";
import { CheckField } from "../ui/CheckField";

interface Props {
  label: string;
  hint?: string;
  sites: readonly MySite[];
  /** Codes. */
  chosen: readonly string[];
  choose: (codes: readonly string[]) => void;
}

/** Some of the sites. */
export function SiteChoice({ label, hint, sites, chosen, choose }: Props) {
  const set = (code: string, isOn: boolean) => choose(isOn ? [...chosen, code] : chosen.filter((one) => one !== code));
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{label}</legend>
      {sites.map(({ code, name }) => (
        <CheckField key={code} isChecked={chosen.includes(code)} change={(isOn) => set(code, isOn)}>
          {name} <span className="font-plate text-small text-soft">{code}</span>
        </CheckField>
      ))}
      {hint && <p className="text-small text-soft">{hint}</p>}
    </fieldset>
  );
}
