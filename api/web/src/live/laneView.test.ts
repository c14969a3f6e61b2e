import { describe, expect, it } from "vitest";
import type { Lane } from "../api/schema.gen";
import { type LaneMemory, NOTHING } from "../feed/laneMemory";
import { isPairable, isPayable, laneView, needsPerson } from "./laneView";

const lane: Lane = {
  id: "l1",
  code: "in-1",
  name: "Entry 1",
  direction: "entry",
  site: { id: "s1", code: "north" },
  device: { code: "pi-1", connected: true },
  boom: "closed",
  mode: "ready",
  faults: [], wanted: { mode: "open" },
};
const last: NonNullable<Lane["last"]> = {
  arrival: "a1",
  at: "2026-11-30T11:59:00Z",
  plate: "WU123AB",
  outcome: "charge",
  code: "CHARGE-DUE",
  text: "Please pay 1.50 EUR.",
  local: false,
  stay: "st1",
  amount: { minor: 150, currency: "EUR" },
  waiting: true,
};
const seen: LaneMemory = {
  ...NOTHING,
  car: { arrival: "a0", plate: "BA1", at: "2026-11-30T11:58:00Z", suggested: null, evidence: "p0" },
  decision: { outcome: "open", code: "OPEN-FREE", params: {}, text: null, local: true },
  picture: "p0",
};

describe("a lane's card", () => {
  it("says nothing of the boom of a lane that is not heard", () => {
    const silent = { ...lane, device: { code: "pi-1", connected: false } };
    expect(laneView(silent, NOTHING, true).boom).toBe("unknown");
  });

  it("believes an event of the boom until the lane's next hello", () => {
    const memory: LaneMemory = { ...NOTHING, boom: { state: "opening", until: 1 } };
    expect(laneView(lane, memory, true).boom).toBe("opening");
    expect(laneView(lane, memory, false).boom).toBe("closed");
  });

  it("shows the last car as gone, with what was decided", () => {
    expect(laneView(lane, seen, true)).toMatchObject({ presence: "gone", plate: "BA1", outcome: "open", local: true });
  });

  it("shows a waiting car without the last one's decision, and an earlier picture as such", () => {
    const view = laneView({ ...lane, last }, seen, true);
    expect(view).toMatchObject({ presence: "here", code: "CHARGE-DUE", picture: { name: "p0", isEarlier: true } });
    const own = { ...last, evidence: "p1" };
    expect(laneView({ ...lane, last: own }, seen, true).picture).toEqual({ name: "p1", isEarlier: false });
  });

  it("takes money only for a car that has to pay", () => {
    expect(isPayable(laneView({ ...lane, last }, NOTHING, true))).toBe(true);
    expect(isPayable(laneView({ ...lane, last: { ...last, outcome: "open" } }, NOTHING, true))).toBe(false);
    expect(isPayable(laneView(lane, seen, true))).toBe(false);
  });

  it("needs a person where a car is refused or not decided, and not once it is gone", () => {
    expect(needsPerson(laneView({ ...lane, last: { ...last, outcome: "deny" } }, NOTHING, true))).toBe(true);
    expect(needsPerson(laneView({ ...lane, last: { ...last, outcome: null } }, NOTHING, true))).toBe(true);
    expect(needsPerson(laneView(lane, seen, true))).toBe(false);
  });

  it("asks which car inside it is at an exit only, and only where that is not known", () => {
    const exit: Lane = { ...lane, direction: "exit" };
    const refused = (code: string, at = exit) => {
      const waits: Lane = { ...at, last: { ...last, outcome: "deny", code, stay: null, amount: null } };
      return isPairable(waits, laneView(waits, NOTHING, false));
    };
    expect(refused("DENY-NO-STAY")).toBe(true);
    expect(refused("DENY-UNREADABLE")).toBe(true);
    expect(refused("DENY-BLOCKLISTED")).toBe(false);
    expect(refused("DENY-NO-STAY", lane)).toBe(false);
    const charged: Lane = { ...exit, last };
    expect(isPairable(charged, laneView(charged, NOTHING, false))).toBe(false);
  });
});
