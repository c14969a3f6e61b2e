import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FilePlus2 } from "lucide-react";
import type { TariffDraft } from "../api/schema.gen";
import { may } from "../api/session";
import { beginDraft, tariffDrafts, tariffVersions, tariffsKey } from "../api/tariffs";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useCatalogue, useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import { VersionCard } from "./VersionCard";

/** Drafts on top, then every version there was, the newest first. */
export function VersionsTab() {
  const { messages, language } = useCatalogue();
  const { tariffs } = messages;
  const { site } = useSite();
  const { data, error, refetch } = useQuery(tariffVersions(site.id, language));
  const begin = useBeginDraft();
  const mayDraft = may(site, "tariffs:draft");
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  return (
    <>
      <p className="text-soft">{tariffs.hint}</p>
      <section className="grid gap-3">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h2 className="text-large font-semibold">{tariffs.drafts}</h2>
          {mayDraft && (
            <Button look="main" disabled={begin.isPending} onClick={() => begin.mutate(null)}>
              <FilePlus2 aria-hidden size={18} />
              {tariffs.newDraft}
            </Button>
          )}
        </div>
        <DraftList />
      </section>
      <section className="grid gap-3">
        <h2 className="text-large font-semibold">{tariffs.versions}</h2>
        {data.length === 0 && <EmptyState title={tariffs.none}>{tariffs.noneHint}</EmptyState>}
        {data.map((version) => (
          <VersionCard
            key={version.id}
            version={version}
            draftFrom={mayDraft ? () => begin.mutate(version.id) : null}
            isPending={begin.isPending}
          />
        ))}
      </section>
    </>
  );
}

function useBeginDraft() {
  const { tariffs } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const report = useReport();
  return useMutation({
    mutationFn: (version: string | null) => beginDraft(site.id, version),
    onSuccess: ({ id }) => {
      toasts.add({ title: tariffs.begun });
      void queries.invalidateQueries({ queryKey: tariffsKey });
      void navigate({ to: "/tariffs/drafts/$id", params: { id } });
    },
    onError: report,
  });
}

function DraftList() {
  const { tariffs } = useMessages();
  const { site } = useSite();
  const { data = [] } = useQuery(tariffDrafts(site.id));
  if (data.length === 0) {
    return <p className="rounded-card border border-line bg-card p-4 text-soft">{`${tariffs.noDrafts}. ${tariffs.noDraftsHint}`}</p>;
  }
  return (
    <ul className="grid gap-2">
      {data.map((draft) => (
        <DraftRow key={draft.id} draft={draft} />
      ))}
    </ul>
  );
}

function DraftRow({ draft }: { draft: TariffDraft }) {
  const { tariffs } = useMessages();
  return (
    <li className="relative flex flex-wrap items-center gap-x-3 gap-y-1 rounded-card border border-line bg-card px-4 py-3 hover:bg-raised has-focus-visible:bg-accent-ground" data-draft={draft.id}>
      <Link to="/tariffs/drafts/$id" params={{ id: draft.id }} className="font-medium wrap-anywhere text-accent after:absolute after:inset-0">
        {draft.tariff.name || tariffs.draft}
      </Link>
      {draft.problems.length > 0 && <Badge tone="warn">{tariffs.faults(draft.problems.length)}</Badge>}
      <span className="ml-auto text-small text-soft">
        <Time at={draft.changed_at} /> {tariffs.changedBy(draft.changed_by)}
      </span>
    </li>
  );
}
