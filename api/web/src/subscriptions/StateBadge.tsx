import type { SubscriptionState } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";

const TONES = { active: "good", paused: "warn", planned: "plain", ended: "bad" } as const satisfies Record<SubscriptionState, string>;

/** How far a subscription has come. */
export function StateBadge({ state }: { state: SubscriptionState }) {
  const { subscriptions } = useMessages();
  return <Badge tone={TONES[state]}>{subscriptions.states[state]}</Badge>;
}
