import type { SubscriptionDetail } from "../api/schema.gen";
import { Time } from "../clock/Time";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";

/** Plates it had, and what was done to it. */
export function SubscriptionHistory({ subscription }: { subscription: SubscriptionDetail }) {
  const { subscriptions } = useMessages();
  const former = subscription.former_vehicles;
  return (
    <>
      {former.length > 0 && (
        <section className="grid gap-2">
          <h3 className="font-semibold">{subscriptions.former}</h3>
          <ul className="grid gap-2">
            {former.map(({ written, added, removed }) => (
              <li key={`${written} ${added.at}`} className="flex flex-wrap items-center gap-2 text-small">
                <Plate text={written} />
                <Time at={added.at} className="text-soft" />
                {removed && (
                  <>
                    – <Time at={removed.at} className="text-soft" /> {removed.by}
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="grid gap-2">
        <h3 className="font-semibold">{subscriptions.history}</h3>
        <ul className="grid gap-1" data-history>
          {subscription.history.map(({ at, what, by, reason }) => (
            <li key={`${at} ${what}`} className="flex flex-wrap gap-x-2 text-small">
              <Time at={at} className="text-soft" />
              <span className="font-medium">{subscriptions.what[what]}</span>
              <span className="text-soft">{by}</span>
              {reason && <span className="wrap-anywhere">{reason}</span>}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
