import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { may } from "../api/session";
import { TICKET_FILTERS, type TicketFilter, tickets as ticketsQuery } from "../api/tickets";
import { useSite } from "../feed/SiteContext";
import { useKeys } from "../frame/useKeys";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Kbd } from "../ui/Kbd";
import { ProblemPanel } from "../ui/ProblemPanel";
import { ExitDialog } from "./ExitDialog";
import { IssueDialog } from "./IssueDialog";
import { LostDialog } from "./LostDialog";
import { TicketSearch } from "./TicketSearch";
import { TicketTable } from "./TicketTable";

const route = getRouteApi("/tickets");

type Open = { kind: "issue" } | { kind: "lost" } | { kind: "exit"; number: string } | null;

/** Tickets: found as one types or scans, given, shown at the exit, lost. */
export function TicketsScreen() {
  const { tickets, ...messages } = useMessages();
  const { site } = useSite();
  const { q = "", state = "active" } = route.useSearch();
  const navigate = route.useNavigate();
  const [open, setOpen] = useState<Open>(null);
  const [issued, setIssued] = useState("");
  const query = useInfiniteQuery({ ...ticketsQuery({ site: site.id, q, state }), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayIssue = may(site, "tickets:issue");
  const first = rows.find((ticket) => ticket.state === "inside");
  const exitFirst = () => {
    if (mayIssue && first) setOpen({ kind: "exit", number: first.number });
    return mayIssue && first !== undefined;
  };
  useKeys((action) => {
    if (action.kind !== "ticket" || !mayIssue) return false;
    if (action.act === "exit") return exitFirst();
    setOpen({ kind: action.act });
    return true;
  });
  const search = (wanted: string) =>
    void navigate({ search: ({ q: _before, ...rest }) => (wanted ? { ...rest, q: wanted } : rest), replace: true });
  const close = () => setOpen(null);
  return (
    <section className="grid grid-cols-1 gap-3">
      <title>{`${messages.screens.tickets} · ${site.name}`}</title>
      <div className="flex flex-wrap items-end gap-3">
        <h1 className="mr-auto w-full text-title leading-11 font-semibold tablet:w-auto">{tickets.title}</h1>
        <TicketSearch key={issued} q={q} search={search} pick={exitFirst} />
        <label className="grid gap-1 text-small font-medium">
          {tickets.show}
          <select
            value={state}
            onChange={(event) => void navigate({ search: (before) => ({ ...before, state: event.target.value as TicketFilter }) })}
            className="min-h-11 rounded-control border border-strong-line bg-card px-2 text-base font-normal"
          >
            {TICKET_FILTERS.map((one) => (
              <option key={one} value={one}>
                {tickets.filters[one]}
              </option>
            ))}
          </select>
        </label>
        {mayIssue && (
          <>
            <Button look="main" onClick={() => setOpen({ kind: "issue" })}>
              {tickets.issue} <Kbd>n</Kbd>
            </Button>
            <Button onClick={() => setOpen({ kind: "lost" })}>
              {tickets.lost} <Kbd>m</Kbd>
            </Button>
          </>
        )}
      </div>
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div aria-busy={query.isPlaceholderData}>
          {rows.length > 0 && <TicketTable tickets={rows} mayIssue={mayIssue} exit={(number) => setOpen({ kind: "exit", number })} />}
          {query.data && rows.length === 0 && (
            <EmptyState title={tickets.none}>{q || state !== "all" ? tickets.noneHint : tickets.emptyHint}</EmptyState>
          )}
        </div>
      )}
      {rows.length > 0 && (
        <div className="flex flex-wrap items-center gap-3 text-small text-soft">
          <span role="status">{tickets.count(rows.length)}</span>
          {query.hasNextPage && (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {messages.more}
            </Button>
          )}
        </div>
      )}
      {open?.kind === "issue" && (
        <IssueDialog
          close={close}
          done={({ number }) => {
            close();
            setIssued(number);
            search(number);
          }}
        />
      )}
      {open?.kind === "lost" && <LostDialog close={close} />}
      {open?.kind === "exit" && <ExitDialog number={open.number} close={close} />}
    </section>
  );
}
