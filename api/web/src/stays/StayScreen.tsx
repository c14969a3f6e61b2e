import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { isStatus } from "../api/problem";
import type { OneStay } from "../api/schema.gen";
import { may } from "../api/session";
import { stay as stayQuery } from "../api/stays";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { TakePaymentDialog } from "../money/TakePaymentDialog";
import { useMoney } from "../money/useMoney";
import { Plate } from "../plates/Plate";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Panel } from "../ui/Panel";
import { ProblemPanel } from "../ui/ProblemPanel";
import { formatDuration } from "../ui/formatTime";
import { useNow } from "../ui/useNow";
import { ChargeTable } from "./ChargeTable";
import { StayActs } from "./StayActs";
import { StayStatus } from "./StayStatus";
import { StayTimeline } from "./StayTimeline";
import { ValidationsPanel } from "./ValidationsPanel";
import { stayDuration } from "./stayDuration";

const route = getRouteApi("/stays/$id");

/** One stay: what happened, what it costs and why, and the money. */
export function StayScreen() {
  const { messages } = useCatalogue();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(stayQuery(id));
  return (
    <div className="mx-auto grid max-w-5xl gap-4">
      <Link to="/stays" className="inline-flex min-h-11 w-fit items-center gap-2 text-accent hover:underline">
        <ArrowLeft aria-hidden size={18} />
        {messages.stays.title}
      </Link>
      {data && <StayDetails stay={data} />}
      {!data && isStatus(error, 404) && <EmptyState as="h1" title={messages.stays.missing} />}
      {!data && error && !isStatus(error, 404) && <ProblemPanel error={error} retry={() => void refetch()} />}
      {!data && !error && <p className="text-soft">{messages.loading}</p>}
    </div>
  );
}

function StayDetails({ stay }: { stay: OneStay }) {
  const { messages, language } = useCatalogue();
  const duration = stayDuration(stay, useNow());
  const name = stay.plate ?? messages.stays.unread;
  return (
    <>
      <title>{`${messages.stay.title(name)} · Boomgate`}</title>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1>
          <span className="sr-only">{messages.stay.title(name)}</span>
          <span aria-hidden>
            <Plate text={stay.plate} size="large" />
          </span>
        </h1>
        <StayStatus status={stay.status} />
        {duration !== null && <span className="text-soft tabular-nums">{formatDuration(duration, language)}</span>}
        <div className="ml-auto flex flex-wrap gap-2">
          <StayActs stay={stay} />
          <TakeButton stay={stay} />
        </div>
      </header>
      <div className="grid gap-4 tablet:grid-cols-2 tablet:items-start">
        <Panel title={messages.stay.timeline}>
          <StayTimeline stay={stay} />
          {!stay.entered_at && <p className="text-soft">{messages.stay.unknownEntry}</p>}
        </Panel>
        <Panel title={messages.stay.charge}>
          {stay.charge ? <ChargeTable charge={stay.charge} /> : <p className="text-soft">{messages.money.noTariff}</p>}
          {stay.status === "open" && stay.payments.length === 0 && <p className="mt-2 text-small text-soft">{messages.money.nothing}</p>}
          {stay.note && (
            <p className="mt-3">
              <b>{messages.stay.note}:</b> {stay.note}
            </p>
          )}
        </Panel>
        <ValidationsPanel stay={stay} />
      </div>
    </>
  );
}

/** Only what is open and owes something can be paid. */
function TakeButton({ stay }: { stay: OneStay }) {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const money = useMoney();
  const isConnected = useIsConnected();
  const [isOpen, setIsOpen] = useState(false);
  const due = stay.status === "open" && stay.charge && stay.charge.due.minor > 0 ? stay.charge.due : null;
  if (!due || !may(site, "payments:take")) return null;
  return (
    <>
      <Button look="money" disabled={!isConnected} onClick={() => setIsOpen(true)}>
        {messages.money.take(money(due))}
      </Button>
      {isOpen && <TakePaymentDialog stay={stay.id} amount={due} close={() => setIsOpen(false)} />}
    </>
  );
}
