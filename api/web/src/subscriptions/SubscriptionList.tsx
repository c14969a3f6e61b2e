import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { IdCard } from "lucide-react";
import { useState } from "react";
import { may } from "../api/session";
import { SUBSCRIPTION_STATES, type SubscriptionFilterState, subscriptions as subscriptionsQuery } from "../api/subscriptions";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SearchField } from "../ui/SearchField";
import { SelectField } from "../ui/SelectField";
import { BulkActions } from "./BulkActions";
import { NewSubscriptionDialog } from "./NewSubscriptionDialog";
import { SubscriptionDialog } from "./SubscriptionDialog";
import { SubscriptionTable } from "./SubscriptionTable";

const route = getRouteApi("/subscriptions");

/** The subscriptions, searched and filtered, with what can be done to several at once. */
export function SubscriptionList() {
  const { subscriptions, ...messages } = useMessages();
  const { site } = useSite();
  const { q = "", state = "active", subscription: open } = route.useSearch();
  const navigate = route.useNavigate();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const query = useInfiniteQuery({ ...subscriptionsQuery({ site: site.id, state, q }), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = may(site, "subscriptions:write");
  const show = (subscription: string | null) =>
    void navigate({ search: ({ subscription: _before, ...rest }) => (subscription ? { ...rest, subscription } : rest), resetScroll: false });
  const find = (text: string) => void navigate({ search: ({ q: _before, ...rest }) => (text ? { ...rest, q: text } : rest), replace: true });
  const choose = (wanted: string) => {
    setChosen([]);
    void navigate({ search: (before) => ({ ...before, state: wanted as SubscriptionFilterState }) });
  };
  return (
    <>
      <p className="text-soft">{subscriptions.hint}</p>
      <div className="flex flex-wrap items-end gap-3">
        <SearchField label={subscriptions.find} hint={subscriptions.findHint} text={q} search={find} />
        <SelectField label={subscriptions.state} value={state} change={choose} className="w-full tablet:w-44">
          {SUBSCRIPTION_STATES.map((one) => (
            <option key={one} value={one}>
              {subscriptions.filters[one]}
            </option>
          ))}
        </SelectField>
        {mayWrite && (
          <Button look="main" className="ml-auto" onClick={() => show("new")}>
            <IdCard aria-hidden size={18} />
            {subscriptions.add}
          </Button>
        )}
      </div>
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="min-w-0" aria-busy={query.isPlaceholderData}>
          {rows.length > 0 && <SubscriptionTable subscriptions={rows} show={show} chosen={chosen} choose={mayWrite ? setChosen : null} />}
          {query.data && rows.length === 0 && <EmptyState title={subscriptions.none}>{subscriptions.noneHint}</EmptyState>}
        </div>
      )}
      <BulkActions picked={rows.filter(({ id }) => chosen.includes(id))} done={() => setChosen([])} />
      {query.hasNextPage && (
        <div>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        </div>
      )}
      {open === "new" && mayWrite && <NewSubscriptionDialog close={() => show(null)} />}
      {open && open !== "new" && <SubscriptionDialog key={open} id={open} close={() => show(null)} />}
    </>
  );
}
