// What a lane's card shows, from what the server knows of the lane and what the feed said since. Pure.
import type { BoomState, Outcome, Params } from "../api/liveEvent";
import type { Amount, Lane } from "../api/schema.gen";
import type { LaneMemory, Order } from "../feed/laneMemory";
import { amountText } from "../money/formatMoney";

export interface LaneView {
  /** `unknown` while the lane is not heard: it may be anything by now. */
  boom: BoomState;
  isConnected: boolean;
  presence: "here" | "gone" | "none";
  /** Since when the car waits, or when the last one came. */
  since: string | null;
  plate: string | null;
  outcome: Outcome | "unknown" | null;
  code: string | null;
  params: Params | null;
  text: string | null;
  local: boolean;
  amount: Amount | null;
  stay: string | null;
  arrival: string | null;
  /** A stay of a plate that is nearly the same, for a person to confirm. */
  suggested: string | null;
  picture: { name: string; isEarlier: boolean } | null;
  order: Order | null;
}

/** `isBoomFresh`: what the feed said of the boom is newer than what the server knows by the lane's hello. */
export function laneView(lane: Lane, memory: LaneMemory, isBoomFresh: boolean): LaneView {
  const isConnected = lane.device?.connected ?? false;
  const common = { boom: boomOf(lane, memory, isConnected, isBoomFresh), isConnected, order: memory.order };
  const picture = pictureOf(lane, memory);
  return lane.last ? { ...common, picture, ...waiting(lane.last, memory) } : { ...common, picture, ...driven(memory) };
}

function boomOf(lane: Lane, { boom }: LaneMemory, isConnected: boolean, isBoomFresh: boolean): BoomState {
  if (!isConnected) return "unknown";
  return boom && isBoomFresh ? boom.state : lane.boom;
}

type Car = Omit<LaneView, "boom" | "isConnected" | "order" | "picture">;

/** The car that stands there now. */
function waiting(last: NonNullable<Lane["last"]>, memory: LaneMemory): Car {
  const isSame = memory.car?.arrival === last.arrival;
  const decision = isSame && memory.decision?.code === last.code ? memory.decision : null;
  return {
    presence: "here",
    since: last.at,
    plate: last.plate ?? (isSame ? (memory.car?.plate ?? null) : null),
    outcome: last.outcome ?? "unknown",
    code: last.code ?? null,
    params: decision?.params ?? dueParams(last),
    text: last.text ?? null,
    local: last.local,
    amount: last.amount ?? null,
    stay: last.stay ?? null,
    arrival: last.arrival,
    suggested: isSame ? (memory.car?.suggested ?? null) : null,
  };
}

/** The server sends a text of its own; with the amount it can be said in this screen's language. */
function dueParams({ outcome, amount }: NonNullable<Lane["last"]>): Params | null {
  return outcome === "charge" && amount ? { amount: amountText(amount) } : null;
}

/** The car that was there last. */
function driven({ car, decision }: LaneMemory): Car {
  return {
    presence: car ? "gone" : "none",
    since: car?.at ?? null,
    plate: car?.plate ?? null,
    outcome: decision?.outcome ?? (car ? "unknown" : null),
    code: decision?.code ?? null,
    params: decision?.params ?? null,
    text: decision?.text ?? null,
    local: decision?.local ?? false,
    amount: null,
    stay: null,
    arrival: null,
    suggested: null,
  };
}

/** A picture is named once it is stored; until then the one before is shown, and shown as such. */
function pictureOf({ last }: Lane, memory: LaneMemory): LaneView["picture"] {
  if (last?.evidence) return { name: last.evidence, isEarlier: false };
  const name = memory.picture;
  if (!name) return null;
  const isOfCar = name === memory.car?.evidence && (!last || last.arrival === memory.car.arrival);
  return { name, isEarlier: last ? !isOfCar : false };
}

/** Whether money can be taken for the car that waits. */
export function isPayable(view: LaneView): view is LaneView & { amount: Amount; stay: string } {
  return view.outcome === "charge" && view.amount !== null && view.stay !== null;
}

/** Whether a person can say which of the cars inside stands there: at an exit, refused, and of no stay. */
export function isPairable(lane: Lane, { presence, outcome, arrival, code }: LaneView): boolean {
  const isMatched = code !== null && MATCHED.includes(code);
  return lane.direction === "exit" && presence === "here" && arrival !== null && outcome === "deny" && !isMatched;
}

/** Refused for what the car is, not for want of knowing which it is. */
const MATCHED: readonly string[] = ["DENY-BLOCKLISTED", "DENY-MANUAL", "DENY-MAINTENANCE", "DENY-CHARGE-FAILED"];

/** A car that waits for a person: refused, unread or not decided. */
export function needsPerson({ presence, outcome }: LaneView): boolean {
  return presence === "here" && (outcome === "deny" || outcome === "unknown");
}
