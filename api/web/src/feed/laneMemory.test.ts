import { describe, expect, it } from "vitest";
import type { CommandEvent, DecisionEvent, LiveEvent } from "../api/liveEvent";
import { type LaneMemory, NOTHING, remember } from "./laneMemory";

const AT = "2026-11-30T12:00:00Z";
const NOW = Date.parse(AT);
const row = { no: 1, at: AT, lane: "lane", text: null };

const decision: DecisionEvent = {
  ...row,
  kind: "decision",
  data: { decision: "d1", arrival: "a1", plate: "WU123AB", outcome: "charge", code: "CHARGE-DUE", params: {}, local: false, evidence: "p1" },
};
const ordered: CommandEvent = {
  ...row,
  kind: "command",
  data: { command: "c1", action: "open", state: "pending", by: "ann", reason: "delivery" },
};

function after(events: readonly LiveEvent[], isPast = false): LaneMemory {
  return events.reduce((lane, event) => remember(lane, event, isPast, NOW), NOTHING);
}

const boom = (state: "opening" | "open" | "closed"): LiveEvent => ({ ...row, kind: "boom", data: { state, cause: "command" } });

describe("a lane's memory", () => {
  it("keeps the car that was decided on", () => {
    expect(after([decision])).toMatchObject({ car: { plate: "WU123AB", evidence: "p1" }, decision: { code: "CHARGE-DUE" } });
  });

  it("forgets the decision when the next car comes", () => {
    const next: LiveEvent = { ...row, kind: "arrival", data: { arrival: "a2", plate: null } };
    expect(after([decision, next])).toMatchObject({ car: { arrival: "a2", plate: null }, decision: null });
  });

  it("says of a car that has paid that it may go", () => {
    const amount = { minor: 150, currency: "EUR" } as never;
    const payment: LiveEvent = {
      ...row,
      kind: "payment",
      data: { stay: "s", payment: "p", method: "cash", amount, settles: true },
    };
    expect(after([decision, payment]).decision).toMatchObject({ outcome: "open", params: { amount: "1.50 EUR" } });
  });

  it("keeps an order as asked for until the boom is there", () => {
    expect(after([ordered, boom("opening")]).order).toMatchObject({ action: "open", failed: null });
    expect(after([ordered, boom("opening"), boom("open")]).order).toBeNull();
  });

  it("keeps why an order was not done", () => {
    const refused: LiveEvent = { ...row, kind: "command", data: { command: "c1", state: "refused", code: "CMD-FIRE" } };
    expect(after([ordered, refused]).order?.failed).toMatchObject({ state: "refused", code: "CMD-FIRE" });
    const other: LiveEvent = { ...row, kind: "command", data: { command: "c2", state: "refused" } };
    expect(after([ordered, other]).order?.failed).toBeNull();
  });

  it("moves no boom and asks for nothing because of the past", () => {
    expect(after([ordered, boom("open")], true)).toMatchObject({ order: null, boom: null });
  });
});
