import type { Subscription } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";

/** "3 of 4 places taken", and the entries of this month, where they are limited. */
export function PlacesUsed({ subscription }: { subscription: Subscription }) {
  const { subscriptions } = useMessages();
  const { places, uses_per_month: uses } = subscription.terms;
  return (
    <>
      {places != null && (
        <span className="block text-small text-soft" data-places>
          {subscriptions.placesTaken(subscription.places_taken, places)}
        </span>
      )}
      {uses != null && (
        <span className="block text-small text-soft">{subscriptions.usesOf(subscription.used_this_month ?? 0, uses)}</span>
      )}
    </>
  );
}
