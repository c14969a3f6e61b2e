// What the live feed sends, one type for each kind, from the union of the OpenAPI document.
import type { Amount, BoomPosition, DecisionOutcome, LiveBeat, LiveHappened, LiveStart, LiveUnknown } from "./schema.gen";

export type BoomState = BoomPosition;
export type Outcome = DecisionOutcome;
export type Params = Record<string, string>;

type Happened<K extends LiveHappened["kind"]> = Extract<LiveHappened, { kind: K }>;

export type DecisionEvent = Happened<"decision">;
export type CommandEvent = Happened<"command">;
export type BoomEvent = Happened<"boom">;
export type AlarmEvent = Happened<"alarm">;
export type PaymentEvent = Happened<"payment">;
export type LiveEvent = LiveHappened;

/** `unknown` is what this version has no words for. */
export type Frame = LiveStart | LiveBeat | LiveHappened | LiveUnknown;

export function isEvent(frame: Frame): frame is LiveEvent {
  return frame.kind !== "start" && frame.kind !== "beat" && frame.kind !== "unknown";
}

/** The document says only that it is an object. */
export function amountOf(event: PaymentEvent): Amount {
  return event.data.amount as unknown as Amount;
}
