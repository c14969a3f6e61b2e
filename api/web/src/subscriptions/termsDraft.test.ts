import { describe, expect, it } from "vitest";
import { NO_TERMS, draftOf, platesOf, termsOf } from "./termsDraft";

describe("terms", () => {
  it("come back from the form as they went in", () => {
    const terms = {
      places: 4,
      uses_per_month: null,
      outside: "refuse" as const,
      windows: [{ days: ["mon" as const, "fri" as const], from: "07:00", to: "19:00" }],
      lanes: ["0193a5c0-7a00-7000-8000-000000000000"],
    };
    expect(termsOf(draftOf(terms))).toEqual(terms);
    expect(termsOf(NO_TERMS)).toEqual({ places: null, uses_per_month: null, outside: null, windows: [], lanes: [] });
  });

  it("end at midnight as the end of the day, with days in their order", () => {
    const draft = { ...NO_TERMS, windows: [{ days: ["sun" as const, "mon" as const], from: "00:00", to: "00:00" }] };
    expect(termsOf(draft).windows).toEqual([{ days: ["mon", "sun"], from: "00:00", to: "24:00" }]);
  });

  it("send what is no number so that the server names it", () => {
    expect(termsOf({ ...NO_TERMS, places: "four" }).places).toBe(0);
  });
});

describe("plates", () => {
  it("stand one a line or with commas", () => {
    expect(platesOf("BA 100 AA\n\n ba200aa, KE300CC;")).toEqual(["BA 100 AA", "ba200aa", "KE300CC"]);
  });
});
