// What is known of the line to the server, from the frames that came. Pure: times are given.
import { type Frame, type LiveEvent, isEvent } from "../api/liveEvent";

/** The server says something every two seconds. */
const LATE_AFTER = 3_000;
/** A line on which nothing came for so long is dead, also where nobody closed it. */
export const DEAD_AFTER = 5_000;

export interface FeedState {
  /** Number of the last row; where the next socket goes on. */
  no: number | null;
  isOpen: boolean;
  openedAt: number;
  /** When the server was last heard; null before. */
  heardAt: number | null;
  /** Newest number when this socket began: until then what comes is from before. */
  catchUpTo: number;
  /** When the newest row happened that came while catching up. */
  caughtUpAt: number | null;
}

export const FIRST: FeedState = { no: null, isOpen: false, openedAt: 0, heardAt: null, catchUpTo: 0, caughtUpAt: null };

export type Link =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "behind"; seconds: number }
  | { kind: "offline"; since: number | null };

export interface Received {
  state: FeedState;
  event: LiveEvent | null;
  /** Whether the event is from before this socket began. */
  isPast: boolean;
  missed: boolean;
}

export function opened(state: FeedState, now: number): FeedState {
  return { ...state, isOpen: true, openedAt: now };
}

export function closed(state: FeedState): FeedState {
  return { ...state, isOpen: false };
}

export function received(state: FeedState, frame: Frame, now: number): Received {
  const heard = { ...state, heardAt: now, no: frame.no };
  if (frame.kind === "start") {
    const begun = { ...heard, catchUpTo: frame.last, caughtUpAt: frame.no < frame.last ? now : null };
    return { state: begun, event: null, isPast: false, missed: frame.missed };
  }
  if (!isEvent(frame)) return { state: { ...heard, caughtUpAt: null }, event: null, isPast: false, missed: false };
  const isPast = frame.no <= state.catchUpTo;
  const isBehind = frame.no < state.catchUpTo;
  return { state: { ...heard, caughtUpAt: isBehind ? Date.parse(frame.at) : null }, event: frame, isPast, missed: false };
}

/** Whether nothing came for so long that the line has to be given up. */
export function isDead(state: FeedState, now: number): boolean {
  return state.isOpen && now - Math.max(state.heardAt ?? 0, state.openedAt) > DEAD_AFTER;
}

export function linkOf(state: FeedState, now: number): Link {
  if (state.heardAt === null) return state.isOpen ? { kind: "connecting" } : { kind: "offline", since: null };
  if (!state.isOpen || isDead(state, now)) return { kind: "offline", since: state.heardAt };
  const from = state.caughtUpAt ?? state.heardAt;
  const late = now - from;
  return late > LATE_AFTER ? { kind: "behind", seconds: Math.ceil(late / 1000) } : { kind: "live" };
}

export function isSameLink(a: Link, b: Link): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
