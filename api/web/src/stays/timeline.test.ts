import { describe, expect, it } from "vitest";
import type { OneStay } from "../api/schema.gen";
import { stayDuration } from "./stayDuration";
import { timeline } from "./timeline";

const zero = { minor: 0, currency: "EUR" };
const stay: OneStay = {
  id: "s1",
  status: "closed",
  plate: "WU123AB",
  entered_at: "2026-11-30T10:00:00Z",
  exited_at: "2026-11-30T11:00:10Z",
  entry_lane: "in-1",
  exit_lane: "out-1",
  paid: zero,
  charged: zero,
  note: "",
  validations: [],
  payments: [
    { id: "p1", method: "cash", amount: zero, taken_at: "2026-11-30T11:00:05Z", taken_by: "ann", reference: "" },
  ],
  readings: [
    { arrival: "a1", at: "2026-11-30T09:59:59Z", plate: "WU123AB", raw: "WU123AB", chars: [990], margin: 300, frames: 3, verdict: "accept", candidates: [] },
  ],
  commands: [
    { id: "c1", arrival: "a2", at: "2026-11-30T11:00:05Z", action: "open", state: "done", code: "OPEN-PAID", by: "ann", reason: "paid" },
  ],
  decisions: [
    { arrival: "a2", at: "2026-11-30T11:00:00Z", outcome: "charge", code: "CHARGE-DUE", params: {}, text: "", local: false, superseded: false },
    { arrival: "a1", at: "2026-11-30T10:00:00Z", outcome: "open", code: "OPEN-VISITOR", params: {}, text: "", local: false, superseded: false },
  ],
};

describe("a stay", () => {
  it("is told from the decision that let it in to the passage that ended it", () => {
    expect(timeline(stay).map(({ kind }) => kind)).toEqual(["decided", "entered", "decided", "paid", "ordered", "exited"]);
  });

  it("shows what was read beside the first decision on it", () => {
    const readings = timeline(stay).map((entry) => (entry.kind === "decided" ? entry.reading?.raw : null));
    expect(readings).toEqual(["WU123AB", null, undefined, null, null, null]);
  });

  it("has a length only where its ends are known", () => {
    const now = Date.parse("2026-11-30T12:00:00Z");
    expect(stayDuration(stay, now)).toBe(3_610_000);
    expect(stayDuration({ ...stay, exited_at: null, status: "open" }, now)).toBe(7_200_000);
    expect(stayDuration({ ...stay, entered_at: null, status: "exit_only" }, now)).toBeNull();
    expect(stayDuration({ ...stay, exited_at: null, status: "voided" }, now)).toBeNull();
  });
});
