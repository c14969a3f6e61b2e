import type { Amount, Charge } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";

/** What a stay costs, line by line, and what of it is due. */
export function ChargeTable({ charge }: { charge: Charge }) {
  const messages = useMessages();
  return (
    <table className="w-full border-collapse" data-testid="charge">
      <caption className="mb-1 text-left text-small text-soft" data-tariff={charge.tariff.version}>
        {`${charge.tariff.name}, ${messages.tariffs.version(charge.tariff.version)}`}
      </caption>
      <thead>
        <tr className="border-b border-line text-small text-soft">
          <th className="py-2 text-left font-semibold">{messages.stay.line}</th>
          <th className="py-2 pr-3 text-right font-semibold">{messages.stays.duration}</th>
          <th className="py-2 text-right font-semibold">{messages.stay.amount}</th>
        </tr>
      </thead>
      <tbody>
        {charge.lines.map((line) => (
          <tr key={`${line.from} ${line.text}`} className="border-b border-line">
            <td className="py-2 pr-3">{line.text}</td>
            <td className="figures py-2 pr-3 text-soft">{messages.stay.minutes(line.minutes)}</td>
            <td className="figures py-2">
              <Money amount={line.amount} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <Sum label={messages.money.total} amount={charge.total} note={messages.stay.minutesInAll(charge.minutes)} />
        {charge.vat && <Sum label={messages.tariffs.vatOf(charge.vat.rate)} amount={charge.vat.amount} />}
        <Sum label={messages.money.paid} amount={charge.paid} />
        <Sum label={messages.money.due} amount={charge.due} isLast />
      </tfoot>
    </table>
  );
}

function Sum({ label, amount, note, isLast = false }: { label: string; amount: Amount; note?: string; isLast?: boolean }) {
  return (
    <tr className={isLast ? "text-large font-semibold" : "text-soft"} data-sum={isLast ? "due" : undefined}>
      <th className="py-1.5 text-left font-[inherit]">{label}</th>
      <td className="figures py-1.5 pr-3 text-small font-normal">{note}</td>
      <td className="figures py-1.5">
        <Money amount={amount} />
      </td>
    </tr>
  );
}
