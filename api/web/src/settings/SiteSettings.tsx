import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { isStatus } from "../api/problem";
import { site as siteQuery } from "../api/sites";
import { useMessages } from "../i18n/CatalogueContext";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { AccessSettings } from "./AccessForm";
import { SiteForm } from "./SiteForm";

const route = getRouteApi("/settings/sites/$id");

/** One car park and what of it can be changed. */
export function SiteSettings() {
  const { settings } = useMessages();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(siteQuery(id));
  return (
    <div className="grid max-w-2xl gap-4">
      <Link to="/settings/sites" className="inline-flex min-h-11 w-fit items-center gap-2 text-accent hover:underline">
        <ArrowLeft aria-hidden size={18} />
        {settings.sites.title}
      </Link>
      {data && <SiteForm key={id} read={data} />}
      {data && <AccessSettings site={data.value.id} />}
      {!data && isStatus(error, 404) && <EmptyState title={settings.sites.missing} />}
      {!data && error && !isStatus(error, 404) && <ProblemPanel error={error} retry={() => void refetch()} />}
    </div>
  );
}
