import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { confirmHoldAll, holdAllKey, holdAllRequests } from "../api/holdAll";
import { lanesKey } from "../api/lanes";
import type { HoldAll } from "../api/schema.gen";
import { may } from "../api/session";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { toasts } from "../ui/toastManager";
import { useClock } from "../clock/useClock";
import { useIsBefore } from "../ui/useIsBefore";
import { useReport } from "../ui/useReport";

/** Somebody asks for all lanes of a direction to be held open: another person confirms it, or lets it go by. */
export function HoldAllRequests() {
  const { site } = useSite();
  const { data = [] } = useQuery(holdAllRequests(site.id));
  return data.map((request) => <Request key={request.id} request={request} />);
}

function Request({ request }: { request: HoldAll }) {
  const { holdAll } = useMessages();
  const { me, site } = useSite();
  const clock = useClock();
  const report = useReport();
  const queries = useQueryClient();
  const isLive = useIsConnected();
  const confirming = useMutation({
    mutationFn: () => confirmHoldAll(site.id, request.id),
    onSuccess: () => void toasts.add({ title: holdAll.confirmed }),
    onError: report,
    onSettled: () => {
      for (const queryKey of [holdAllKey, lanesKey]) void queries.invalidateQueries({ queryKey });
    },
  });
  const isOpen = useIsBefore(Date.parse(request.expires_at));
  if (!isOpen) return null;
  const isOwn = request.requested.user === me.id;
  return (
    <section role="alert" data-hold-all className="mb-4 flex flex-wrap items-center gap-3 rounded-card border-2 border-charge bg-charge-ground px-4 py-3">
      <UsersRound aria-hidden size={22} className="shrink-0 text-charge" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold text-charge">{holdAll.wants(request.requested.name, holdAll.hold[request.direction])}</p>
        <p className="wrap-anywhere">
          {holdAll.actions[request.action]}: {request.reason}
        </p>
        <p className="text-small text-soft">
          {isOwn ? holdAll.secondPerson : ""} {holdAll.until(clock(request.expires_at))}
        </p>
      </div>
      {!isOwn && may(site, "lanes:hold-all") && (
        <Button look="danger" disabled={!isLive || confirming.isPending} onClick={() => confirming.mutate()}>
          {holdAll.confirm}
        </Button>
      )}
    </section>
  );
}
