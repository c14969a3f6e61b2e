import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Monitor, SquareTerminal } from "lucide-react";
import { endSession, mySessions, sessionsKey } from "../api/account";
import type { Session } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Panel } from "../ui/Panel";
import { ProblemPanel } from "../ui/ProblemPanel";
import { Time } from "../ui/Time";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import { agentName } from "./agentName";

/** Where one is logged in; what one does not know can be ended. */
export function SessionList() {
  const { account, ...messages } = useMessages();
  const { data, error, refetch } = useQuery(mySessions);
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  return (
    <Panel title={account.sessions}>
      <p className="mb-2 text-small text-soft">{account.sessionsHint}</p>
      {!data && <p className="text-soft">{messages.loading}</p>}
      <ul>{data?.map((session) => <SessionRow key={session.id} session={session} />)}</ul>
    </Panel>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { account } = useMessages();
  const report = useReport();
  const queries = useQueryClient();
  const name = useSessionName(session);
  const ending = useMutation({
    mutationFn: () => endSession(session.id),
    onSuccess: () => void toasts.add({ title: account.ended(name) }),
    onError: report,
    onSettled: () => void queries.invalidateQueries({ queryKey: sessionsKey }),
  });
  const Icon = session.kind === "browser" ? Monitor : SquareTerminal;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line py-2" data-session={session.current ? "current" : "other"}>
      <Icon aria-hidden size={20} className="shrink-0 text-soft" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {name}
          {session.current && <Badge tone="good">{account.thisBrowser}</Badge>}
        </p>
        <p className="text-small text-soft">
          {session.address} · {account.lastSeen} <Time at={session.last_seen} /> · {account.since} <Time at={session.created_at} />
        </p>
      </div>
      {!session.current && (
        <Button disabled={ending.isPending} onClick={() => ending.mutate()} aria-label={`${account.end}: ${name}`}>
          {account.end}
        </Button>
      )}
    </li>
  );
}

function useSessionName({ agent, kind }: Session): string {
  const { account } = useMessages();
  const { browser, system } = agentName(agent);
  if (browser) return system ? account.browserOn(browser, system) : browser;
  return agent || (kind === "browser" ? account.unknownBrowser : account.program);
}
