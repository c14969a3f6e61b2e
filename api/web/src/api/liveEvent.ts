// What the live feed sends. Typed by hand until the OpenAPI document has the union.
import type { Amount, Lane } from "./schema.gen";

export type BoomState = Lane["boom"];
export type Outcome = "open" | "deny" | "charge";
export type Params = Record<string, string>;

/** The first frame of a socket. */
export interface Start {
  kind: "start";
  no: number;
  /** The newest number there is. */
  last: number;
  /** Rows after the client's number are gone. */
  missed: boolean;
}

/** Comes every two seconds. */
export interface Beat {
  kind: "beat";
  no: number;
}

interface Row<K extends string, D> {
  kind: K;
  no: number;
  at: string;
  lane: string | null;
  data: D;
  text: string | null;
}

export type ArrivalEvent = Row<"arrival", { arrival: string; plate: string | null }>;
export type DecisionEvent = Row<
  "decision",
  {
    arrival: string;
    plate: string | null;
    outcome: Outcome;
    code: string;
    params: Params;
    local: boolean;
    direction?: "entry" | "exit";
    verdict?: string | null;
    amount_minor?: number | null;
    currency?: string | null;
    stay?: string | null;
    suggested?: string | null;
    listed_as?: string | null;
    evidence?: string | null;
  }
>;
export type PassageKind = "passed" | "backed_out" | "tailgated";
export type PassageEvent = Row<
  "passage",
  { arrival: string | null; direction: "entry" | "exit"; kind: PassageKind; stay: string | null; inside: number | null }
>;
export type PaymentEvent = Row<
  "payment",
  { stay: string; payment: string; method: string; amount: Amount; settles: boolean }
>;
export type CommandEvent = Row<
  "command",
  {
    command: string;
    action?: string;
    state: string;
    code?: string | null;
    params?: Params;
    arrival?: string | null;
    by?: string;
    reason?: string;
  }
>;
export type ExceptionEvent = Row<
  "exception" | "notice",
  { what: string; arrival?: string | null; stay?: string | null; detail?: unknown }
>;
export type FaultEvent = Row<"fault", { code: string; params: Params; raised: boolean }>;
export type BoomEvent = Row<"boom", { state: BoomState; cause: string }>;
export type PictureEvent = Row<"picture", { evidence: string; arrival: string | null }>;

export type LiveEvent =
  | ArrivalEvent
  | DecisionEvent
  | PassageEvent
  | PaymentEvent
  | CommandEvent
  | ExceptionEvent
  | FaultEvent
  | BoomEvent
  | PictureEvent;

export type Frame = Start | Beat | LiveEvent;

export function isEvent(frame: Frame): frame is LiveEvent {
  return frame.kind !== "start" && frame.kind !== "beat";
}
