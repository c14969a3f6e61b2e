import { Camera, Clock3, Hourglass, ShieldAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { BoomState } from "../api/liveEvent";
import type { Lane } from "../api/schema.gen";
import type { Order } from "../feed/laneMemory";
import { useMessages } from "../i18n/CatalogueContext";
import { useReason } from "../reasons/useReason";

/** A month ahead is time enough to renew a certificate; a week is not much. */
const CERTIFICATE = { warn: 30, urge: 7 };
const GOOD_VIEW = 60;

/** What a guard should know beside the car: the order under way, faults, certificate, camera. */
export function LaneNotes({ lane, boom, order }: { lane: Lane; boom: BoomState; order: Order | null }) {
  const messages = useMessages();
  const reason = useReason();
  const days = lane.device?.certificate_days ?? null;
  return (
    <ul className="grid gap-1 text-small empty:hidden">
      {order && <OrderNote order={order} />}
      {lane.mode === "starting" && boom === "unknown" && (
        <Note tone="text-charge" icon={<Clock3 aria-hidden size={16} />}>
          {messages.lanes.starting}
        </Note>
      )}
      {lane.faults.map((fault) => (
        <Note key={fault} tone="text-deny" icon={<TriangleAlert aria-hidden size={16} />}>
          {reason(fault, null, fault)}
        </Note>
      ))}
      {days !== null && days <= CERTIFICATE.warn && (
        <Note tone={days < CERTIFICATE.urge ? "text-deny" : "text-charge"} icon={<ShieldAlert aria-hidden size={16} />}>
          {days < 0 ? messages.lanes.certificateEnded : messages.lanes.certificateEnds(days)}
        </Note>
      )}
      {(lane.queue ?? 0) > 0 && (
        <Note tone="text-charge" icon={<Hourglass aria-hidden size={16} />}>
          {messages.lanes.queue(lane.queue ?? 0)}
        </Note>
      )}
      {lane.view && lane.view.score >= GOOD_VIEW && (
        <Note tone="text-soft" icon={<Camera aria-hidden size={16} />}>
          {messages.lanes.goodView(lane.view.score)}
        </Note>
      )}
      {lane.view && lane.view.score < GOOD_VIEW && (
        <Note tone="text-charge" icon={<Camera aria-hidden size={16} />}>
          {messages.lanes.view(lane.view.score, lane.view.advice)}
        </Note>
      )}
    </ul>
  );
}

function OrderNote({ order }: { order: Order }) {
  const messages = useMessages();
  const reason = useReason();
  const action = messages.order[order.action];
  const by = messages.order.by(order.by, order.reason);
  if (!order.failed) {
    return (
      <Note tone="text-accent" icon={<Clock3 aria-hidden size={16} />}>
        <b>{messages.order.asked(action)}</b>, {by}
      </Note>
    );
  }
  const { code, params, text, state } = order.failed;
  return (
    <Note tone="text-deny" icon={<TriangleAlert aria-hidden size={16} />}>
      <b>{messages.order.failed(action)}:</b> {reason(code, params, text) || messages.order.state[state]}
    </Note>
  );
}

function Note({ tone, icon, children }: { tone: string; icon: ReactNode; children: ReactNode }) {
  return (
    <li className={`flex items-start gap-2 ${tone}`}>
      <span className="mt-0.5 shrink-0">{icon}</span>
      <span>{children}</span>
    </li>
  );
}
