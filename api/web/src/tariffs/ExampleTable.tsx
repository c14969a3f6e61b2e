import type { TariffExample } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";
import { formatDuration } from "../ui/formatTime";

/** Stays that people know, and what each costs. */
export function ExampleTable({ examples }: { examples: readonly TariffExample[] }) {
  const { messages, language } = useCatalogue();
  const { site } = useSite();
  const time = (at: string) =>
    new Date(at).toLocaleTimeString(language, { timeZone: site.time_zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (
    <table className="w-full border-collapse" data-examples>
      <caption className="sr-only">{messages.tariffs.examples}</caption>
      <tbody>
        {examples.map(({ from, until, price }) => (
          <tr key={`${from} ${until}`} className="h-10 border-b border-line last:border-0">
            <td className="tabular-nums">{`${time(from)} – ${time(until)}`}</td>
            <td className="px-3 text-right text-soft tabular-nums">{formatDuration(price.minutes * 60_000, language)}</td>
            <td className="text-right font-medium">
              <Money amount={price.total} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
