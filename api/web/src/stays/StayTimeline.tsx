import { ArrowDownToLine, ArrowUpFromLine, Banknote, type LucideIcon, Milestone } from "lucide-react";
import type { ReactNode } from "react";
import type { OneStay } from "../api/schema.gen";
import { useFeed } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { useReason } from "../i18n/useReason";
import { Money } from "../money/Money";
import { Time } from "../ui/Time";
import { OUTCOME_LOOK } from "../ui/outcomeLook";
import { ReadingChars } from "./ReadingChars";
import { type Entry, timeline } from "./timeline";

/** From the first loop to the receipt, as far as the server tells. */
export function StayTimeline({ stay }: { stay: OneStay }) {
  return (
    <ol className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 tablet:grid-cols-[auto_1.25rem_minmax(0,1fr)]" data-testid="timeline">
      {timeline(stay).map((entry) => (
        <TimelineEntry key={entry.id} entry={entry} />
      ))}
    </ol>
  );
}

function TimelineEntry({ entry }: { entry: Entry }) {
  const messages = useMessages();
  switch (entry.kind) {
    case "entered":
      return (
        <Row at={entry.at} Icon={ArrowDownToLine}>
          {messages.stay.enteredAt(entry.lane ?? messages.unknown)}
        </Row>
      );
    case "exited":
      return (
        <Row at={entry.at} Icon={ArrowUpFromLine}>
          {messages.stay.exitedAt(entry.lane ?? messages.unknown)}
        </Row>
      );
    case "paid":
      return (
        <Row at={entry.at} Icon={Banknote}>
          <Money amount={entry.payment.amount} /> {messages.money.methods[entry.payment.method]},{" "}
          {messages.money.takenBy(entry.payment.taken_by)}
        </Row>
      );
    case "ordered":
      return <OrderedRow entry={entry} />;
    case "decided":
      return <DecidedRow entry={entry} />;
  }
}

function OrderedRow({ entry: { at, command } }: { entry: Extract<Entry, { kind: "ordered" }> }) {
  const { order, outcome, stay } = useMessages();
  const reason = useReason();
  const action = command.action === "charge" ? outcome.charge : order[command.action];
  const isDone = command.state === "done" || command.state === "ignored";
  return (
    <Row at={at} Icon={Milestone}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{stay.ordered(action)}</span>
        <span className={isDone ? "text-soft" : "text-deny"}>{order.state[command.state]}</span>
        {command.result_code && <span className="text-deny">{reason(command.result_code, null, command.result_code)}</span>}
      </p>
      {command.by && <p className="text-small text-soft">{order.by(command.by, command.reason ?? "")}</p>}
    </Row>
  );
}

function DecidedRow({ entry: { at, decision, reading } }: { entry: Extract<Entry, { kind: "decided" }> }) {
  const messages = useMessages();
  const reason = useReason();
  const fresh = useFeed((view) => view.cars.get(decision.arrival)?.picture);
  const picture = decision.evidence ?? fresh;
  const { Icon, text } = OUTCOME_LOOK[decision.outcome];
  return (
    <Row at={at} Icon={Icon} tone={text}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className={`font-semibold ${text}`}>{messages.outcome[decision.outcome]}</span>
        <span>{messages.why[decision.code]}</span>
        <code className="font-plate text-small text-soft">{decision.code}</code>
      </p>
      <p className="text-small text-soft">{messages.sign(reason(decision.code, decision.params, decision.text))}</p>
      {decision.local && <p className="text-small text-soft">{messages.lanes.local}</p>}
      {decision.superseded && <p className="text-small text-soft">{messages.stay.superseded}</p>}
      {picture && (
        <img
          src={`/api/v1/evidence/${picture}`}
          alt={messages.stays.plate}
          width={320}
          height={180}
          loading="lazy"
          className="mt-2 aspect-video w-full max-w-xs rounded-control bg-raised object-cover"
        />
      )}
      {reading && <ReadingChars reading={reading} />}
    </Row>
  );
}

interface RowProps {
  at: string;
  Icon: LucideIcon;
  tone?: string;
  children: ReactNode;
}

function Row({ at, Icon, tone = "text-soft", children }: RowProps) {
  return (
    <li className="group col-span-full grid grid-cols-subgrid">
      <Time at={at} className="col-start-2 text-small text-soft tablet:col-start-1 tablet:row-start-1 tablet:pt-0.5 tablet:text-right" />
      <span className="col-start-1 row-span-2 row-start-1 flex flex-col items-center tablet:col-start-2 tablet:row-span-1">
        <Icon aria-hidden size={18} className={`mt-0.5 shrink-0 ${tone}`} />
        <span aria-hidden className="mt-1 w-px flex-1 bg-line group-last:hidden" />
      </span>
      <div className="col-start-2 pb-5 tablet:col-start-3">{children}</div>
    </li>
  );
}
