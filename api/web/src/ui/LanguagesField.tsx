import { LANGUAGES } from "../i18n/language";
import { CheckField } from "./CheckField";

interface Props {
  label: string;
  /** Codes, the preferred one first. */
  value: readonly string[];
  change: (codes: string[]) => void;
}

/** The languages that signs and pages speak; the one chosen first is preferred. */
export function LanguagesField({ label, value, change }: Props) {
  const set = (code: string, isOn: boolean) => change(isOn ? [...value, code] : value.filter((one) => one !== code));
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{label}</legend>
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <CheckField key={code} isChecked={value.includes(code)} change={(isOn) => set(code, isOn)}>
          {name}
        </CheckField>
      ))}
    </fieldset>
  );
}
