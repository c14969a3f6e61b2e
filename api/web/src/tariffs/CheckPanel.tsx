import { CircleCheck, TriangleAlert } from "lucide-react";
import type { TariffCheck, TariffProblem, TariffVehicle } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { SelectField } from "../ui/SelectField";
import { DifferenceList } from "./DifferenceList";
import { ExampleTable } from "./ExampleTable";
import { WeekPrices } from "./WeekPrices";
import { VEHICLES } from "./draftFields";

interface Props {
  check: TariffCheck | undefined;
  error: unknown;
  problems: readonly TariffProblem[];
  vehicle: TariffVehicle;
  setVehicle: (vehicle: TariffVehicle) => void;
}

/** What the server finds while somebody writes: faults, example prices, the week, and what is another than in force. */
export function CheckPanel({ check, error, problems, vehicle, setVehicle }: Props) {
  const { tariffs } = useMessages();
  return (
    <>
      <Panel title={tariffs.check}>
        <div aria-live="polite" data-check={problems.length === 0 ? "good" : "wrong"}>
          {problems.length === 0 ? (
            <p className="flex items-center gap-2 text-open">
              <CircleCheck aria-hidden size={18} />
              {tariffs.good}
            </p>
          ) : (
            <>
              <p className="flex items-center gap-2 font-medium text-deny">
                <TriangleAlert aria-hidden size={18} />
                {tariffs.wrong(problems.length)}
              </p>
              <ul className="list-disc pl-5">
                {problems.map(({ field, message }) => (
                  <li key={`${field} ${message}`} className="wrap-anywhere">
                    <code className="text-small">{field}</code> {message}
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
        <FormProblem error={error} />
        {check?.differences && (
          <details className="mt-2" open>
            <summary className="flex min-h-11 cursor-pointer items-center text-accent">{tariffs.toInForce}</summary>
            {check.differences.length === 0 ? <p>{tariffs.same}</p> : <DifferenceList differences={check.differences} />}
          </details>
        )}
      </Panel>
      {check && check.examples.length > 0 && (
        <Panel
          title={tariffs.examples}
          aside={
            <SelectField label={tariffs.forVehicle} value={vehicle} change={(value) => setVehicle(VEHICLES.find((one) => one === value) ?? "car")}>
              {VEHICLES.map((one) => (
                <option key={one} value={one}>
                  {tariffs.vehicleNames[one]}
                </option>
              ))}
            </SelectField>
          }
        >
          <ExampleTable examples={check.examples} />
        </Panel>
      )}
      {check && check.week.length > 0 && (
        <Panel title={tariffs.week}>
          <p className="mb-3 text-small text-soft">{tariffs.weekHint}</p>
          <WeekPrices week={check.week} />
        </Panel>
      )}
    </>
  );
}
