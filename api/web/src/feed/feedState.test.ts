import { describe, expect, it } from "vitest";
import type { Frame, LiveEvent } from "../api/liveEvent";
import { FIRST, type FeedState, closed, isDead, linkOf, opened, received } from "./feedState";

const NOON = Date.parse("2026-11-30T12:00:00Z");

function passage(no: number, at = NOON): LiveEvent {
  const data = { arrival: null, direction: "entry", kind: "passed", stay: null, inside: 1 } as const;
  return { kind: "passage", no, at: new Date(at).toISOString(), lane: "lane", data, text: null };
}

function through(state: FeedState, frames: readonly Frame[], now: number): FeedState {
  return frames.reduce((before, frame) => received(before, frame, now).state, state);
}

const start = (no: number, last: number, missed = false): Frame => ({ kind: "start", no, last, missed });
const beat = (no: number): Frame => ({ kind: "beat", no });

describe("the line to the server", () => {
  it("is connecting until the first frame, then live", () => {
    const state = opened(FIRST, NOON);
    expect(linkOf(state, NOON)).toEqual({ kind: "connecting" });
    expect(linkOf(through(state, [start(7, 7)], NOON), NOON)).toEqual({ kind: "live" });
  });

  it("goes on from the last number after a break, also one that only a beat named", () => {
    const state = through(opened(FIRST, NOON), [start(7, 8), passage(8), beat(9)], NOON);
    expect(closed(state).no).toBe(9);
  });

  it("is behind while rows of the past come, by how old they are", () => {
    const state = through(opened(FIRST, NOON), [start(1, 3), passage(2, NOON - 90_000)], NOON);
    expect(linkOf(state, NOON)).toEqual({ kind: "behind", seconds: 90 });
    expect(linkOf(through(state, [passage(3, NOON - 80_000)], NOON), NOON)).toEqual({ kind: "live" });
  });

  it("is behind when a beat is late, and offline when two are", () => {
    const state = through(opened(FIRST, NOON), [start(1, 1)], NOON);
    expect(linkOf(state, NOON + 2_500)).toEqual({ kind: "live" });
    expect(linkOf(state, NOON + 4_100)).toEqual({ kind: "behind", seconds: 5 });
    expect(linkOf(state, NOON + 5_001)).toEqual({ kind: "offline", since: NOON });
    expect(isDead(state, NOON + 5_001)).toBe(true);
  });

  it("is given the time to open before it counts as dead", () => {
    const old = closed(through(opened(FIRST, NOON), [start(1, 1)], NOON));
    expect(isDead(opened(old, NOON + 60_000), NOON + 61_000)).toBe(false);
  });

  it("says of each row whether it is from before the socket began", () => {
    const { state } = received(opened(FIRST, NOON), start(0, 2), NOON);
    const first = received(state, passage(2), NOON);
    expect(first.isPast).toBe(true);
    expect(received(first.state, passage(3), NOON).isPast).toBe(false);
  });

  it("says when rows are gone for good", () => {
    expect(received(opened(FIRST, NOON), start(50, 60, true), NOON).missed).toBe(true);
  });
});
