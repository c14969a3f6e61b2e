import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ShieldBan } from "lucide-react";
import { useState } from "react";
import { BLOCK_STATES, blocks as blocksQuery } from "../api/blocklist";
import type { BlockState } from "../api/schema.gen";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SearchField } from "../ui/SearchField";
import { SelectField } from "../ui/SelectField";
import { Tabs } from "../ui/Tabs";
import { AddBlockDialog } from "./AddBlockDialog";
import { BlockDialog } from "./BlockDialog";
import { BlockTable } from "./BlockTable";
import { LiftDialog } from "./LiftDialog";
import { OverstayList } from "./OverstayList";
import { RiskPanel } from "./RiskPanel";
import { BLOCKLIST_VIEWS } from "./blocklistViews";

const route = getRouteApi("/blocklist");

/** Who is stopped, who stays for too long, and what the lists mean. */
export function BlocklistScreen() {
  const { blocklist, screens } = useMessages();
  const { site } = useSite();
  const { view = "list" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <section className="mx-auto grid max-w-5xl gap-3">
      <title>{`${screens.blocklist} · ${site.name}`}</title>
      <h1 className="text-title font-semibold">{screens.blocklist}</h1>
      <Tabs
        label={screens.blocklist}
        tabs={BLOCKLIST_VIEWS}
        names={blocklist.views}
        chosen={view}
        choose={(wanted) => void navigate({ search: (before) => ({ ...before, view: wanted }) })}
      />
      {view === "list" && <Blocks />}
      {view === "overstays" && <OverstayList />}
      {view === "risk" && <RiskPanel />}
    </section>
  );
}

function Blocks() {
  const { blocklist, ...messages } = useMessages();
  const { site } = useSite();
  const { q = "", state = "active", block: open } = route.useSearch();
  const navigate = route.useNavigate();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [isLifting, setLifting] = useState(false);
  const query = useInfiniteQuery({ ...blocksQuery({ site: site.id, state, q }), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = may(site, "blocklist:write");
  const show = (block: string | null) =>
    void navigate({ search: ({ block: _before, ...rest }) => (block ? { ...rest, block } : rest), resetScroll: false });
  const find = (text: string) => void navigate({ search: ({ q: _before, ...rest }) => (text ? { ...rest, q: text } : rest), replace: true });
  const choose = (wanted: string) => {
    setChosen([]);
    void navigate({ search: (before) => ({ ...before, state: wanted as BlockState }) });
  };
  const picked = rows.filter(({ id }) => chosen.includes(id));
  return (
    <>
      <p className="text-soft">{blocklist.hint}</p>
      <div className="flex flex-wrap items-end gap-3">
        <SearchField label={blocklist.find} hint={blocklist.findHint} text={q} search={find} />
        <SelectField label={blocklist.state} value={state} change={choose} className="w-full tablet:w-44">
          {BLOCK_STATES.map((one) => (
            <option key={one} value={one}>
              {blocklist.states[one]}
            </option>
          ))}
        </SelectField>
        {mayWrite && (
          <Button look="main" className="ml-auto" onClick={() => show("new")}>
            <ShieldBan aria-hidden size={18} />
            {blocklist.add}
          </Button>
        )}
      </div>
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="min-w-0" aria-busy={query.isPlaceholderData}>
          {rows.length > 0 && <BlockTable blocks={rows} show={show} chosen={chosen} choose={mayWrite && state !== "lifted" ? setChosen : null} />}
          {query.data && rows.length === 0 && <EmptyState title={blocklist.none}>{blocklist.noneHint}</EmptyState>}
        </div>
      )}
      {picked.length > 0 && (
        <div className="flex flex-wrap items-center gap-3">
          <span role="status">{blocklist.selected(picked.length)}</span>
          <Button onClick={() => setLifting(true)}>{blocklist.lift}</Button>
        </div>
      )}
      {query.hasNextPage && (
        <div>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        </div>
      )}
      {open === "new" && mayWrite && <AddBlockDialog close={() => show(null)} />}
      {open && open !== "new" && <BlockDialog id={open} close={() => show(null)} />}
      {isLifting && (
        <LiftDialog
          blocks={picked}
          close={() => setLifting(false)}
          done={() => {
            setChosen([]);
            setLifting(false);
          }}
        />
      )}
    </>
  );
}
