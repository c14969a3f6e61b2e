import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { audit as auditQuery } from "../api/audit";
import { lanes as lanesQuery } from "../api/lanes";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { AuditFilters } from "./AuditFilters";
import { AuditRow } from "./AuditRow";
import type { AuditSearch } from "./auditSearch";
import { instantOf } from "./zonedTime";

const route = getRouteApi("/audit");

/** Who did what at this site, the newest first. */
export function AuditScreen() {
  const { messages, language } = useCatalogue();
  const { audit } = messages;
  const { site } = useSite();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const instant = (wall: string | undefined) => {
    const at = wall ? instantOf(wall, site.time_zone) : null;
    return at === null ? null : new Date(at).toISOString();
  };
  const filter = {
    site: site.id,
    action: search.action || null,
    actor: search.actor ?? null,
    stay: search.stay ?? null,
    from: instant(search.from),
    until: instant(search.until),
  };
  const query = useInfiniteQuery({ ...auditQuery(filter), placeholderData: keepPreviousData });
  const lines = query.data?.pages.flatMap((page) => page.items) ?? [];
  const lanes = useLaneNames();
  const change = (changed: AuditSearch) =>
    void navigate({
      search: ({ site: code }) => {
        const wanted = Object.entries({ ...search, ...changed }).filter(([name, value]) => value && name !== "site");
        return { ...(code ? { site: code } : {}), ...Object.fromEntries(wanted) };
      },
    });
  return (
    <section className="mx-auto grid max-w-5xl gap-3">
      <title>{`${messages.screens.audit} · ${site.name}`}</title>
      <h1 className="text-title font-semibold">{messages.screens.audit}</h1>
      <p className="text-soft">{audit.hint}</p>
      <AuditFilters search={search} lines={lines} change={change} />
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="overflow-hidden rounded-card border border-line bg-card" aria-busy={query.isPlaceholderData}>
          {lines.length > 0 && (
            <ol aria-label={messages.screens.audit}>
              {lines.map((line) => (
                <AuditRow key={line.id} line={line} lane={line.lane ? lanes.get(line.lane) : undefined} change={change} />
              ))}
            </ol>
          )}
          {query.data && lines.length === 0 && <EmptyState title={audit.none}>{audit.noneHint}</EmptyState>}
        </div>
      )}
      {lines.length > 0 && (
        <div className="flex flex-wrap items-center gap-3 text-small text-soft">
          <span role="status">{audit.count(lines.length.toLocaleString(language))}</span>
          {query.hasNextPage && (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {messages.more}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

function useLaneNames(): ReadonlyMap<string, string> {
  const { site } = useSite();
  const { data = [] } = useQuery({ ...lanesQuery(site.id), refetchInterval: false });
  return new Map(data.map((lane) => [lane.id, lane.name || lane.code]));
}
