import type { Subscription } from "../api/schema.gen";
import { Time } from "../clock/Time";
import { useMessages } from "../i18n/CatalogueContext";
import { TableFrame } from "../ui/TableFrame";
import { CELL } from "../ui/tableCells";
import { PlacesUsed } from "./PlacesUsed";
import { StateBadge } from "./StateBadge";

interface Props {
  subscriptions: readonly Subscription[];
  show: (id: string) => void;
  chosen: readonly string[];
  /** None: nothing can be chosen. */
  choose: ((chosen: readonly string[]) => void) | null;
}

/** One subscription a row; the holder leads to what can be changed. */
export function SubscriptionTable({ subscriptions: rows, show, chosen, choose }: Props) {
  const { subscriptions, screens } = useMessages();
  const toggle = (id: string) => choose?.(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <TableFrame label={screens.subscriptions}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {choose && (
              <th className={CELL}>
                <span className="sr-only">{subscriptions.selected(chosen.length)}</span>
              </th>
            )}
            {[subscriptions.holder, subscriptions.plan, subscriptions.vehicles, subscriptions.until, subscriptions.state].map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={row.id}
              data-subscription={row.holder}
              className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
            >
              {choose && (
                <td className={CELL}>
                  <input
                    type="checkbox"
                    aria-label={subscriptions.choose(row.holder)}
                    checked={chosen.includes(row.id)}
                    onChange={() => toggle(row.id)}
                    className="relative z-10 size-5 accent-accent"
                  />
                </td>
              )}
              <td className={CELL}>
                <button
                  type="button"
                  onClick={() => show(row.id)}
                  className="text-left font-medium wrap-anywhere text-accent after:absolute after:inset-0"
                >
                  {row.holder || row.vehicles[0]?.written}
                </button>
              </td>
              <td className={CELL}>{row.plan?.name ?? <span className="text-soft">{subscriptions.ownTerms}</span>}</td>
              <td className={CELL}>
                {subscriptions.vehiclesOf(row.vehicles.length)} <PlacesUsed subscription={row} />
              </td>
              <td className={CELL}>{row.until ? <Time at={row.until} /> : subscriptions.furtherNotice}</td>
              <td className={CELL}>
                <StateBadge state={row.state} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
