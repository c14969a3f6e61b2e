import { describe, expect, it } from "vitest";
import type { PaintedDay } from "../api/schema.gen";
import { legendOf, minuteOf } from "./week";

function span(from: string, until: string, rule: string, minor: number) {
  return { from, until, rule, first_hour: { minor, currency: "EUR" } };
}

describe("a painted week", () => {
  it("has one colour for each price, the cheapest the lightest", () => {
    const week: PaintedDay[] = [
      { date: "2026-11-30", holiday: null, spans: [span("00:00", "06:00", "Night", 300), span("06:00", "24:00", "Day", 200)] },
      { date: "2026-12-01", holiday: null, spans: [span("00:00", "24:00", "Other", 200)] },
    ];
    expect(legendOf(week).map(({ amount, rules, level }) => [amount.minor, rules, level])).toEqual([
      [200, ["Day", "Other"], 0],
      [300, ["Night"], 1],
    ]);
  });

  it("reads times to the end of the day", () => {
    expect([minuteOf("00:15"), minuteOf("24:00")]).toEqual([15, 1_440]);
  });
});
