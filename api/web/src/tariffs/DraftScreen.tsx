import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { isStatus } from "../api/problem";
import { tariffDraft } from "../api/tariffs";
import { useMessages } from "../i18n/CatalogueContext";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { DraftEditor } from "./DraftEditor";

const route = getRouteApi("/tariffs/drafts/$id");

/** A tariff that is being written. */
export function DraftScreen() {
  const { tariffs, ...messages } = useMessages();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(tariffDraft(id));
  return (
    <>
      <Link to="/tariffs/versions" className="inline-flex min-h-11 w-fit items-center gap-2 text-accent hover:underline">
        <ArrowLeft aria-hidden size={18} />
        {tariffs.toTariffs}
      </Link>
      {data && <DraftEditor key={id} read={data} />}
      {!data && isStatus(error, 404) && <EmptyState title={tariffs.missing} />}
      {!data && error && !isStatus(error, 404) && <ProblemPanel error={error} retry={() => void refetch()} />}
      {!data && !error && <p className="text-soft">{messages.loading}</p>}
    </>
  );
}
