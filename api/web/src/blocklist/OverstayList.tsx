import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { overstays as overstaysQuery } from "../api/blocklist";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";

/** Cars that are inside for longer than the site's limit. */
export function OverstayList() {
  const { blocklist, ...messages } = useMessages();
  const { site } = useSite();
  const query = useInfiniteQuery(overstaysQuery(site.id));
  if (query.error && !query.data) return <ProblemPanel error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <p className="text-soft">{messages.loading}</p>;
  const rows = query.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <EmptyState title={blocklist.overstaysNone}>{blocklist.overstaysHint}</EmptyState>;
  return (
    <>
      <p className="text-soft">{blocklist.overstaysHint}</p>
      <TableFrame label={blocklist.views.overstays}>
        <table className="w-full border-collapse">
          <thead>
            <tr className="h-11 border-b border-line text-small text-soft">
              <th className={`${CELL} font-semibold`}>{blocklist.plate}</th>
              <th className={`${CELL} font-semibold`}>{blocklist.since}</th>
              <th className={`${FIGURES} font-semibold`}>{blocklist.howLong}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((stay) => (
              <tr
                key={stay.id}
                className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
              >
                <td className={CELL}>
                  <Link to="/stays/$id" params={{ id: stay.id }} className="after:absolute after:inset-0">
                    <Plate text={stay.plate} />
                  </Link>
                </td>
                <td className={CELL}>
                  <Time at={stay.entered_at} />
                </td>
                <td className={`${FIGURES} tabular-nums`}>{blocklist.overstay(stay.hours)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {query.hasNextPage && (
        <div>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        </div>
      )}
    </>
  );
}
