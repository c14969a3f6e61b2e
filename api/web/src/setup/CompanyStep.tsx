import { useMessages } from "../i18n/CatalogueContext";
import { TextField } from "../ui/TextField";
import type { StepProps } from "./stepProps";

/** Who runs the car park. */
export function CompanyStep({ draft, change }: StepProps) {
  const { setup } = useMessages();
  return (
    <>
      <div>
        <h2 className="text-large font-semibold">{setup.welcome}</h2>
        <p className="text-soft">{setup.welcomeHint}</p>
      </div>
      <TextField
        label={setup.company}
        hint={setup.companyHint}
        value={draft.company}
        change={(company) => change({ company })}
        maxLength={100}
        autoComplete="organization"
        required
      />
    </>
  );
}
