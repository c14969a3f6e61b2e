import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SubscriptionDetail } from "../api/schema.gen";
import { may } from "../api/session";
import { subscription as subscriptionQuery } from "../api/subscriptions";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { ProblemPanel } from "../ui/ProblemPanel";
import { EditSubscription } from "./EditSubscription";
import { PlacesUsed } from "./PlacesUsed";
import { StateBadge } from "./StateBadge";
import { SubscriptionActs } from "./SubscriptionActs";
import { SubscriptionHistory } from "./SubscriptionHistory";
import { VehicleList } from "./VehicleList";

/** One subscription: its places and which cars take them, what can be done, and what was done. */
export function SubscriptionDialog({ id, close }: { id: string; close: () => void }) {
  const messages = useMessages();
  const { site } = useSite();
  const { data, error, refetch } = useQuery(subscriptionQuery(id));
  const [isEditing, setEditing] = useState(false);
  const mayWrite = may(site, "subscriptions:write");
  return (
    <Modal title={data?.holder ?? messages.screens.subscriptions} isOpen close={close}>
      {data && isEditing && <EditSubscription subscription={data} close={() => setEditing(false)} />}
      {data && !isEditing && (
        <div className="grid gap-5" data-subscription-detail>
          <Summary subscription={data} />
          {mayWrite && (
            <div className="flex flex-wrap gap-2">
              <Button onClick={() => setEditing(true)}>{messages.subscriptions.edit}</Button>
              <SubscriptionActs subscription={data} />
            </div>
          )}
          <VehicleList subscription={data} mayWrite={mayWrite} />
          <SubscriptionHistory subscription={data} />
        </div>
      )}
      {error && !data && <ProblemPanel error={error} retry={() => void refetch()} />}
      {!error && !data && <p className="text-soft">{messages.loading}</p>}
    </Modal>
  );
}

function Summary({ subscription }: { subscription: SubscriptionDetail }) {
  const { subscriptions } = useMessages();
  const { terms } = subscription;
  const windows = (terms.windows ?? []).map(
    ({ days, from, to }) => `${days.map((day) => subscriptions.days[day]).join(" ")} ${from}–${to}`,
  );
  return (
    <div className="grid gap-1">
      <p className="flex flex-wrap items-center gap-2">
        <StateBadge state={subscription.state} />
        <span>{subscription.plan?.name ?? subscriptions.ownTerms}</span>
        <span className="text-soft">
          {subscriptions.until}: {subscription.until ? <Time at={subscription.until} /> : subscriptions.furtherNotice}
        </span>
      </p>
      <p>
        <PlacesUsed subscription={subscription} />
      </p>
      <p className="text-small text-soft">{windows.length > 0 ? windows.join("; ") : subscriptions.anyTime}</p>
      {(subscription.email || subscription.phone) && (
        <p className="text-small wrap-anywhere">{[subscription.email, subscription.phone].filter(Boolean).join(", ")}</p>
      )}
      {subscription.note && <p className="text-small wrap-anywhere">{subscription.note}</p>}
    </div>
  );
}
