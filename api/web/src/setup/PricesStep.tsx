import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { SetupOptions, SetupTariff } from "../api/schema.gen";
import { setupPrices } from "../api/setup";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";
import { currencyDigits } from "../money/formatMoney";
import { FormProblem } from "../ui/FormProblem";
import { RadioField } from "../ui/RadioField";
import { TextField } from "../ui/TextField";
import { formatDuration } from "../ui/formatTime";
import { minorOf } from "./draft";
import type { StepProps } from "./stepProps";

interface Props extends StepProps {
  token: string;
  options: SetupOptions;
}

/** What parking costs: a shape and one price, with what some stays would cost. */
export function PricesStep({ token, draft, change, options }: Props) {
  const { messages } = useCatalogue();
  const { setup } = messages;
  const price = minorOf(draft.price, currencyDigits(draft.site.currency));
  return (
    <>
      <div>
        <h2 className="text-large font-semibold">{setup.pricesTitle}</h2>
        <p className="text-soft">{setup.pricesHint}</p>
      </div>
      <fieldset>
        <legend className="sr-only">{setup.pricesTitle}</legend>
        {options.templates.map((template) => (
          <RadioField
            key={template}
            name="template"
            isChecked={draft.template === template}
            choose={() => change({ template })}
            hint={setup.templates[template].hint}
          >
            {setup.templates[template].name}
          </RadioField>
        ))}
      </fieldset>
      <TextField
        label={`${draft.template === "per_day" ? setup.pricePerDay : setup.pricePerHour} (${draft.site.currency})`}
        value={draft.price}
        change={(text) => change({ price: text })}
        inputMode="decimal"
        maxLength={12}
        autoComplete="off"
        required
        problem={draft.price !== "" && price === null ? setup.badPrice : null}
        className="max-w-48"
      />
      {price !== null && <Examples token={token} draft={draft} tariff={{ template: draft.template, price }} />}
    </>
  );
}

function Examples({ token, draft, tariff }: { token: string; draft: StepProps["draft"]; tariff: SetupTariff }) {
  const { messages, language } = useCatalogue();
  const { setup } = messages;
  const { currency, timeZone } = draft.site;
  const body = { token, tariff, currency, time_zone: timeZone };
  const { data, error } = useQuery({ ...setupPrices(body), placeholderData: keepPreviousData });
  if (error) return <FormProblem error={error} />;
  const time = (at: string) =>
    new Date(at).toLocaleTimeString(language, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (
    <table className="w-full border-collapse" data-examples aria-live="polite">
      <caption className="mb-1 text-left font-medium">{setup.examples}</caption>
      <tbody>
        {data?.map(({ from, until, amount, minutes }) => (
          <tr key={`${from} ${until}`} className="h-10 border-b border-line last:border-0">
            <td className="tabular-nums">{`${time(from)} – ${time(until)}`}</td>
            <td className="px-3 text-right text-soft tabular-nums">{formatDuration(minutes * 60_000, language)}</td>
            <td className="text-right font-medium">
              <Money amount={amount} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
