import { Link } from "@tanstack/react-router";
import { Bot, KeyRound, type LucideIcon, Milestone, Server, SquareTerminal, User } from "lucide-react";
import type { AuditEntry } from "../api/audit";
import type { ActorKind } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useReason } from "../i18n/useReason";
import { useMoney } from "../money/useMoney";
import { Button } from "../ui/Button";
import { RequestId } from "../ui/RequestId";
import { Time } from "../ui/Time";
import type { AuditSearch } from "./auditSearch";
import { actorName, describeAudit } from "./describeAudit";

const ICONS: Record<ActorKind, LucideIcon> = {
  server: Server,
  device: Milestone,
  user: User,
  key: KeyRound,
  job: Bot,
  command_line: SquareTerminal,
};

interface Props {
  line: AuditEntry;
  /** Filters by what this line says. */
  change: (changed: AuditSearch) => void;
}

/** When, who, what; the rest is folded. */
export function AuditRow({ line, lane, change }: Props & { lane: string | undefined }) {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const money = useMoney();
  const reason = useReason();
  const Icon = ICONS[line.actor.kind];
  const text = describeAudit(line, { messages, money, reason, currency: site.currency });
  return (
    <li className="border-b border-line last:border-0" data-action={line.action}>
      <details>
        <summary className="grid min-h-11 cursor-pointer gap-x-4 px-4 py-2 hover:bg-raised tablet:grid-cols-[8.5rem_11rem_1fr] tablet:items-center">
          <Time at={line.at} className="text-small text-soft" />
          <span className="flex min-w-0 items-center gap-1.5 font-medium">
            <Icon aria-label={messages.audit.actors[line.actor.kind]} size={16} className="shrink-0 text-soft" />
            <span className="min-w-0 truncate">{actorName(line, messages)}</span>
          </span>
          <span className="min-w-0 wrap-anywhere">
            {text} {lane && <span className="text-small whitespace-nowrap text-soft">{lane}</span>}
          </span>
        </summary>
        <AuditDetails line={line} change={change} />
      </details>
    </li>
  );
}

function AuditDetails({ line, change }: Props) {
  const { messages, language } = useCatalogue();
  const { audit } = messages;
  const name = actorName(line, messages);
  const { action } = line;
  return (
    <div className="grid gap-3 border-t border-line bg-raised px-4 py-3">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-small">
        <dt>{audit.at}</dt>
        <dd className="font-plate">{line.at}</dd>
        <dt>{audit.chain}</dt>
        <dd>{line.no ? audit.sealed(line.no.toLocaleString(language)) : audit.unsealed}</dd>
        {Object.entries(line.detail ?? {}).map(([field, value]) => (
          <Fact key={field} name={field} value={value} />
        ))}
      </dl>
      {line.request_id && <RequestId id={line.request_id} />}
      <div className="flex flex-wrap gap-2">
        {line.stay && (
          <Link to="/stays/$id" params={{ id: line.stay }} className="inline-flex min-h-11 items-center px-2 text-accent underline">
            {audit.toStay}
          </Link>
        )}
        {line.actor.id && <Button onClick={() => change({ actor: line.actor.id ?? "" })}>{audit.onlyActor(name)}</Button>}
        {action && <Button onClick={() => change({ action })}>{audit.onlyAction}</Button>}
      </div>
    </div>
  );
}

/** As it is stored: for whoever compares it with a log. */
function Fact({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt className="font-plate">{name}</dt>
      <dd className="min-w-0 font-plate wrap-anywhere">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
    </>
  );
}
