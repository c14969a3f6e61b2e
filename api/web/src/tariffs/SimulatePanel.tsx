import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { TariffBody, TariffVehicle } from "../api/schema.gen";
import { simulateStay } from "../api/tariffs";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { currencyDigits } from "../money/formatMoney";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { instantOf, wallTime } from "../ui/zonedTime";
import { PriceTable } from "./PriceTable";
import { VEHICLES, minorOfText } from "./draftFields";

const HOUR = 3_600_000;

interface Props {
  tariff: TariffBody;
  currency: string;
  isReady: boolean;
}

/** One stay by the draft, with its lines as the driver would see them. */
export function SimulatePanel({ tariff, currency, isReady }: Props) {
  const { tariffs } = useMessages();
  const { site } = useSite();
  const zone = site.time_zone;
  const [from, setFrom] = useState(() => wallTime(Date.now() - 3 * HOUR, zone));
  const [until, setUntil] = useState(() => wallTime(Date.now(), zone));
  const [vehicle, setVehicle] = useState<TariffVehicle>("car");
  const [freeTime, setFreeTime] = useState("");
  const [charged, setCharged] = useState("");
  const instant = (wall: string) => {
    const at = instantOf(wall, zone);
    return at === null ? "" : new Date(at).toISOString();
  };
  const simulation = useMutation({
    mutationFn: () =>
      simulateStay({
        site: site.id,
        tariff,
        from: instant(from),
        until: instant(until),
        vehicle,
        month_charged: minorOfText(charged, currencyDigits(currency)) ?? 0,
        validations: Number(freeTime) > 0 ? [{ code: "-", benefit: { kind: "free_time", minutes: Number(freeTime) } }] : [],
      }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!simulation.isPending) simulation.mutate();
  };
  const wrongEnd = fieldProblem(simulation.error, "until");
  return (
    <Panel title={tariffs.simulate}>
      <p className="mb-3 text-small text-soft">{tariffs.simulateHint}</p>
      <form onSubmit={submit} className="grid gap-3" data-simulate>
        <div className="grid gap-3 phone:grid-cols-2">
          <TextField label={tariffs.from} type="datetime-local" value={from} change={setFrom} required />
          <TextField label={tariffs.until} type="datetime-local" value={until} change={setUntil} required problem={wrongEnd} />
          <SelectField label={tariffs.vehicle} value={vehicle} change={(value) => setVehicle(VEHICLES.find((one) => one === value) ?? "car")}>
            {VEHICLES.map((one) => (
              <option key={one} value={one}>
                {tariffs.vehicleNames[one]}
              </option>
            ))}
          </SelectField>
          <TextField
            label={tariffs.freeTime}
            value={freeTime}
            change={(text) => setFreeTime(text.replace(/\D/g, ""))}
            inputMode="numeric"
            maxLength={5}
            autoComplete="off"
          />
          {tariff.monthly_cap !== null && tariff.monthly_cap !== undefined && (
            <TextField
              label={`${tariffs.monthCharged} (${currency})`}
              value={charged}
              change={setCharged}
              inputMode="decimal"
              maxLength={12}
              autoComplete="off"
            />
          )}
        </div>
        <FormProblem error={wrongEnd ? null : simulation.error} />
        <Button type="submit" className="w-fit" disabled={!isReady || simulation.isPending}>
          {tariffs.show}
        </Button>
      </form>
      <div aria-live="polite">{simulation.data && <PriceTable price={simulation.data.price} />}</div>
    </Panel>
  );
}
