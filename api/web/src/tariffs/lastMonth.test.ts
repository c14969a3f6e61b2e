import { describe, expect, it } from "vitest";
import { lastMonth, nextMidnight } from "./lastMonth";

describe("times of a tariff", () => {
  it("know the month before, also over New Year and leap days", () => {
    expect(lastMonth("2026-11-30")).toEqual({ first: "2026-10-01", last: "2026-10-31" });
    expect(lastMonth("2027-01-15")).toEqual({ first: "2026-12-01", last: "2026-12-31" });
    expect(lastMonth("2028-03-01")).toEqual({ first: "2028-02-01", last: "2028-02-29" });
  });

  it("know the next midnight", () => {
    expect([nextMidnight("2026-11-30T22:10"), nextMidnight("2026-12-31T00:00")]).toEqual(["2026-12-01T00:00", "2027-01-01T00:00"]);
  });
});
