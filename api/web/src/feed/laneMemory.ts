// What the feed said of each lane: its boom, its last car, and the order that is under way. Pure.
import type { Action } from "../api/lanes";
import { amountText } from "../money/formatMoney";
import {
  type BoomEvent,
  type BoomState,
  type CommandEvent,
  type DecisionEvent,
  type LiveEvent,
  type Outcome,
  type Params,
  type PaymentEvent,
  amountOf,
} from "../api/liveEvent";
import type { CommandState } from "../api/schema.gen";

/** A lane says hello every ten seconds, and then what the server knows of its boom is newer than any event. */
const HELLO = 12_000;

export interface Car {
  arrival: string | null;
  plate: string | null;
  at: string;
  /** A stay of a plate that is nearly the same. */
  suggested: string | null;
  evidence: string | null;
}

export interface Decision {
  outcome: Outcome;
  code: string;
  params: Params;
  text: string | null;
  local: boolean;
}

export interface Order {
  command: string;
  action: Action;
  by: string;
  reason: string;
  at: string;
  /** Why it was not done; null while it is under way. */
  failed: Failure | null;
}

/** Why a lane did not do what it was asked. */
export interface Failure {
  state: CommandState;
  code: string | null;
  params: Params;
  text: string | null;
}

export interface LaneMemory {
  boom: { state: BoomState; until: number } | null;
  car: Car | null;
  decision: Decision | null;
  order: Order | null;
  /** Name of the newest picture that is stored. */
  picture: string | null;
  /** The newest look through the camera that was asked for, and why it was refused. */
  look: { command: string; failed: Failure | null } | null;
}

export const NOTHING: LaneMemory = { boom: null, car: null, decision: null, order: null, picture: null, look: null };

/** The lane after `event`; `isPast` for what happened before this screen was there. */
export function remember(lane: LaneMemory, event: LiveEvent, isPast: boolean, now: number): LaneMemory {
  switch (event.kind) {
    case "arrival":
      return { ...lane, car: { ...NO_CAR, arrival: event.data.arrival, plate: event.data.plate ?? null, at: event.at }, decision: null };
    case "decision":
      return decided(lane, event);
    case "boom":
      return moved(lane, event, isPast, now);
    case "command":
      return commanded(lane, event, isPast);
    case "picture":
      return { ...lane, picture: event.data.evidence };
    case "payment":
      return event.data.settles && lane.decision?.outcome === "charge" ? { ...lane, decision: paid(event) } : lane;
    case "passage":
    case "exception":
    case "notice":
    case "fault":
    case "alarm":
    case "mode":
    case "hold_all":
    case "stay":
    case "occupancy":
    case "ticket":
      return lane;
  }
}

/** As the server says it of a car that has paid. */
function paid(event: PaymentEvent): Decision {
  return { outcome: "open", code: "OPEN-PAID", params: { amount: amountText(amountOf(event)) }, text: null, local: false };
}

const NO_CAR: Car = { arrival: null, plate: null, at: "", suggested: null, evidence: null };

function decided(lane: LaneMemory, { data, at, text }: DecisionEvent): LaneMemory {
  const { arrival, plate, outcome, code, params = {}, local } = data;
  const before = lane.car?.arrival === arrival ? lane.car : null;
  const car: Car = {
    arrival,
    plate: plate ?? before?.plate ?? null,
    at: before?.at ?? at,
    suggested: data.suggested ?? null,
    evidence: data.evidence ?? before?.evidence ?? null,
  };
  return { ...lane, car, decision: { outcome, code, params, text: text ?? null, local } };
}

function moved(lane: LaneMemory, { data }: BoomEvent, isPast: boolean, now: number): LaneMemory {
  const boom = isPast ? lane.boom : { state: data.state, until: now + HELLO };
  const isDone = lane.order !== null && fulfils(lane.order.action, data.state);
  return { ...lane, boom, order: isDone ? null : lane.order };
}

const REACHED: Record<Action, readonly BoomState[]> = {
  open: ["open", "held"],
  close: ["closed"],
  hold: ["held"],
  release: ["closed", "open"],
  refuse: [],
};

function fulfils(action: Action, state: BoomState): boolean {
  return REACHED[action].includes(state);
}

const ENDED_WELL: readonly CommandState[] = ["done", "ignored"];
const ENDED_BADLY: readonly CommandState[] = ["refused", "expired"];

function commanded(lane: LaneMemory, { data, at, text }: CommandEvent, isPast: boolean): LaneMemory {
  const { command, by, action, reason, state, code, params = {} } = data;
  if (by && action === "preview") return { ...lane, look: { command, failed: null } };
  if (by && action && action !== "charge" && action !== "preview") {
    return isPast ? lane : { ...lane, order: { command, action, by, reason: reason ?? "", at, failed: null } };
  }
  if (lane.look?.command === command && state && ENDED_BADLY.includes(state)) {
    return { ...lane, look: { command, failed: { state, code: code ?? null, params, text: text ?? null } } };
  }
  if (lane.order?.command !== command || !state) return lane;
  if (ENDED_WELL.includes(state)) return { ...lane, order: null };
  if (!ENDED_BADLY.includes(state)) return lane;
  const failed = { state, code: code ?? null, params, text: text ?? null };
  return { ...lane, order: { ...lane.order, failed } };
}
