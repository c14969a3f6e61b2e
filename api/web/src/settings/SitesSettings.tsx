import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Site } from "../api/schema.gen";
import { sites as sitesQuery } from "../api/sites";
import { useMessages } from "../i18n/CatalogueContext";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";

/** The car parks; the name leads to what can be changed. */
export function SitesSettings() {
  const { settings, ...messages } = useMessages();
  const { data, error, refetch } = useQuery(sitesQuery);
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  if (data.length === 0) return <EmptyState title={settings.sites.none}>{settings.sites.noneHint}</EmptyState>;
  return (
    <>
      <p className="text-soft">{settings.sites.hint}</p>
      <TableFrame label={settings.sites.title}>
        <table className="w-full border-collapse">
          <thead>
            <tr className="h-11 border-b border-line text-small text-soft">
              <th className={`${CELL} font-semibold`}>{settings.sites.name}</th>
              <th className={`${CELL} hidden font-semibold tablet:table-cell`}>{settings.sites.code}</th>
              <th className={`${CELL} font-semibold`}>{settings.sites.timeZone}</th>
              <th className={`${CELL} hidden font-semibold tablet:table-cell`}>{settings.sites.visitors}</th>
              <th className={`${FIGURES} font-semibold`}>{settings.sites.capacity}</th>
            </tr>
          </thead>
          <tbody>
            {data.map((site) => (
              <SiteRow key={site.id} site={site} />
            ))}
          </tbody>
        </table>
      </TableFrame>
    </>
  );
}

function SiteRow({ site }: { site: Site }) {
  const { settings, ...messages } = useMessages();
  return (
    <tr className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground">
      <td className={CELL}>
        <Link to="/settings/sites/$id" params={{ id: site.code }} className="font-medium text-accent after:absolute after:inset-0">
          {site.name}
        </Link>
      </td>
      <td className={`${CELL} hidden font-plate text-small tablet:table-cell`}>{site.code}</td>
      <td className={CELL}>{site.time_zone}</td>
      <td className={`${CELL} hidden tablet:table-cell`}>{site.visitors ? messages.yes : messages.no}</td>
      <td className={`${FIGURES} tabular-nums`}>{site.capacity ?? settings.sites.uncounted}</td>
    </tr>
  );
}
