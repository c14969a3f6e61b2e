import { VEHICLE_TYPES } from "../api/vehicles";
import { fieldProblem } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { SelectField } from "../ui/SelectField";
import { TextArea } from "../ui/TextArea";
import { TextField } from "../ui/TextField";
import type { VehicleDraft } from "./vehicleDraft";

interface Props {
  draft: VehicleDraft;
  change: (changes: Partial<VehicleDraft>) => void;
  error: unknown;
}

export function VehicleFields({ draft, change, error }: Props) {
  const { vehicles: texts } = useMessages();
  return (
    <>
      <div className="grid gap-4 phone:grid-cols-2">
        <TextField
          label={texts.plate}
          value={draft.plate}
          change={(plate) => change({ plate })}
          problem={fieldProblem(error, "plate")}
          maxLength={40}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
        />
        <div className="grid grid-cols-[5rem_1fr] gap-3">
          <TextField
            label={texts.country}
            value={draft.country}
            change={(country) => change({ country: country.toUpperCase().slice(0, 2) })}
            problem={fieldProblem(error, "country")}
            autoComplete="off"
            placeholder="SK"
          />
          <SelectField label={texts.type} value={draft.vehicle_type} change={(type) => change({ vehicle_type: type })}>
            <option value="">{texts.unknownType}</option>
            {VEHICLE_TYPES.map((one) => (
              <option key={one} value={one}>
                {texts.types[one]}
              </option>
            ))}
          </SelectField>
        </div>
        <TextField
          label={texts.contact}
          value={draft.contact_name}
          change={(name) => change({ contact_name: name })}
          problem={fieldProblem(error, "contact_name")}
          maxLength={100}
          autoComplete="off"
        />
        <TextField
          label={texts.phone}
          value={draft.phone}
          change={(phone) => change({ phone })}
          problem={fieldProblem(error, "phone")}
          type="tel"
          maxLength={100}
          autoComplete="off"
        />
      </div>
      <TextField
        label={texts.owner}
        hint={texts.ownerHint}
        value={draft.owner}
        change={(owner) => change({ owner })}
        problem={fieldProblem(error, "owner")}
        maxLength={100}
        autoComplete="off"
      />
      <TextArea
        label={texts.notes}
        value={draft.notes}
        change={(notes) => change({ notes })}
        problem={fieldProblem(error, "notes")}
        maxLength={1000}
      />
    </>
  );
}
