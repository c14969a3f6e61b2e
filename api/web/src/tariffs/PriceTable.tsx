import type { Price } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";

/** What a stay would cost, line by line. */
export function PriceTable({ price }: { price: Price }) {
  const { tariffs, stay } = useMessages();
  return (
    <table className="w-full border-collapse" data-price>
      <caption className="sr-only">{tariffs.show}</caption>
      <tbody>
        {price.lines.map((line) => (
          <tr key={`${line.from} ${line.text}`} className="border-b border-line">
            <td className="py-2 pr-3 wrap-anywhere">{line.text}</td>
            <td className="figures py-2 pr-3 text-soft">{stay.minutes(line.minutes)}</td>
            <td className="figures py-2">
              <Money amount={line.amount} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="text-large font-semibold">
          <th className="py-1.5 text-left">{tariffs.total}</th>
          <td className="figures py-1.5 pr-3 text-small font-normal text-soft">{stay.minutesInAll(price.minutes)}</td>
          <td className="figures py-1.5" data-total>
            <Money amount={price.total} />
          </td>
        </tr>
        {price.vat && (
          <tr className="text-small text-soft">
            <th className="py-1 text-left font-normal" colSpan={2}>
              {tariffs.vatOf(price.vat.rate)}
            </th>
            <td className="figures py-1">
              <Money amount={price.vat.amount} />
            </td>
          </tr>
        )}
      </tfoot>
    </table>
  );
}
