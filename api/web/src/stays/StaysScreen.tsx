import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { STATES, type StayState, stays as staysQuery } from "../api/stays";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { saveFile } from "../ui/saveFile";
import { PlateSearch } from "./PlateSearch";
import { StaysTable } from "./StaysTable";
import { staysCsv } from "./staysCsv";

const route = getRouteApi("/stays");

/** Who is inside, who was, and who is looked for. */
export function StaysScreen() {
  const messages = useMessages();
  const { site } = useSite();
  const { plate = "", state = "open" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery({ ...staysQuery({ site: site.id, plate, state }), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const search = (wanted: string) =>
    void navigate({ search: ({ plate: _plate, ...rest }) => (wanted ? { ...rest, plate: wanted } : rest), replace: true });
  const show = (wanted: StayState) => void navigate({ search: (before) => ({ ...before, state: wanted }) });
  return (
    <section className="grid gap-3">
      <title>{`${messages.screens.stays} · ${site.name}`}</title>
      <div className="flex flex-wrap items-end gap-3">
        <h1 className="mr-auto w-full text-title leading-11 font-semibold tablet:w-auto">{messages.stays.title}</h1>
        <PlateSearch plate={plate} search={search} />
        <label className="grid gap-1 text-small font-medium">
          {messages.stays.state}
          <select
            value={state}
            onChange={(event) => show(event.target.value as StayState)}
            className="min-h-11 rounded-control border border-strong-line bg-card px-2 text-base font-normal"
          >
            {STATES.map((one) => (
              <option key={one} value={one}>
                {messages.stays.states[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="overflow-hidden rounded-card border border-line bg-card" aria-busy={query.isPlaceholderData}>
          {rows.length > 0 && <StaysTable stays={rows} />}
          {query.data && rows.length === 0 && (
            <EmptyState title={messages.stays.none}>
              {plate || state !== "all" ? messages.stays.noneHint : messages.stays.emptyHint}
            </EmptyState>
          )}
        </div>
      )}
      {rows.length > 0 && (
        <div className="flex flex-wrap items-center gap-3 text-small text-soft">
          <span role="status">{messages.stays.count(rows.length)}</span>
          {query.hasNextPage && (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {messages.more}
            </Button>
          )}
          <Button className="ml-auto" onClick={() => saveFile(`${site.code}-stays.csv`, "text/csv;charset=utf-8", staysCsv(rows))}>
            <Download aria-hidden size={18} />
            {messages.stays.csv}
          </Button>
        </div>
      )}
    </section>
  );
}
