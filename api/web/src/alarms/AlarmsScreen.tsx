import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { ALARM_STATES, alarms as alarmsQuery } from "../api/alarms";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SelectField } from "../ui/SelectField";
import { AlarmDialog } from "./AlarmDialog";
import { AlarmRow } from "./AlarmRow";
import { isAlarmKind } from "./alarmKind";

const route = getRouteApi("/alarms");

/** What needs a person, who is at it, and how it ended. */
export function AlarmsScreen() {
  const messages = useMessages();
  const { alarms } = messages;
  const { site } = useSite();
  const { state = "open", kind, alarm: shown } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery({ ...alarmsQuery({ site: site.id, state, kind: kind ?? null }), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const show = (alarm: string | null) =>
    void navigate({ search: ({ alarm: _before, ...rest }) => (alarm ? { ...rest, alarm } : rest), resetScroll: false });
  const choose = (wanted: string) =>
    void navigate({ search: ({ kind: _before, ...rest }) => (isAlarmKind(wanted) ? { ...rest, kind: wanted } : rest) });
  return (
    <section className="mx-auto grid max-w-5xl gap-3">
      <title>{`${alarms.title} · ${site.name}`}</title>
      <div className="flex flex-wrap items-end gap-3">
        <h1 className="mr-auto w-full text-title leading-11 font-semibold tablet:w-auto">{alarms.title}</h1>
        <SelectField label={alarms.kind} value={kind ?? ""} change={choose} className="w-full tablet:w-72">
          <option value="">{alarms.anyKind}</option>
          {Object.entries(alarms.kinds).map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      <nav aria-label={alarms.title} className="flex flex-wrap gap-1 border-b border-line">
        {ALARM_STATES.map((one) => (
          <Link
            key={one}
            to="/alarms"
            search={(before) => ({ ...before, state: one })}
            aria-current={one === state ? "page" : undefined}
            className={`-mb-px flex min-h-11 items-center border-b-2 px-3 ${
              one === state ? "border-accent font-semibold" : "border-transparent text-soft hover:text-ink"
            }`}
          >
            {alarms.states[one]}
          </Link>
        ))}
      </nav>
      {query.error && !query.data ? (
        <ProblemPanel error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="overflow-hidden rounded-card border border-line bg-card" aria-busy={query.isPlaceholderData}>
          <ul aria-label={alarms.states[state]}>
            {rows.map((alarm) => (
              <AlarmRow key={alarm.id} alarm={alarm} show={show} />
            ))}
          </ul>
          {query.data && rows.length === 0 && <EmptyState title={alarms.none[state]}>{alarms.noneHint}</EmptyState>}
        </div>
      )}
      {query.hasNextPage && (
        <div>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        </div>
      )}
      {shown && <AlarmDialog id={shown} close={() => show(null)} />}
    </section>
  );
}
