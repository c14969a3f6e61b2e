import { getRouteApi } from "@tanstack/react-router";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Tabs } from "../ui/Tabs";
import { PassbackList } from "./PassbackList";
import { PlanList } from "./PlanList";
import { SubscriptionList } from "./SubscriptionList";
import { SUBSCRIPTION_VIEWS } from "./subscriptionViews";

const route = getRouteApi("/subscriptions");

/** Who comes in without paying at the exit, by which plans, and who may come in once more. */
export function SubscriptionsScreen() {
  const { screens, subscriptions } = useMessages();
  const { site } = useSite();
  const { view = "list" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <section className="mx-auto grid max-w-6xl gap-3">
      <title>{`${screens.subscriptions} · ${site.name}`}</title>
      <h1 className="text-title font-semibold">{screens.subscriptions}</h1>
      <Tabs
        label={screens.subscriptions}
        tabs={SUBSCRIPTION_VIEWS}
        names={subscriptions.views}
        chosen={view}
        choose={(wanted) => void navigate({ search: (before) => ({ ...before, view: wanted }) })}
      />
      {view === "list" && <SubscriptionList />}
      {view === "plans" && <PlanList />}
      {view === "passback" && <PassbackList />}
    </section>
  );
}
