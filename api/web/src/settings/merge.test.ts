import { describe, expect, it } from "vitest";
import { changesOf, merge } from "./merge";

const base = { name: "North", time_zone: "Europe/Berlin" };

describe("two changes of one thing", () => {
  it("are both taken where they are of different fields", () => {
    const mine = { ...base, name: "North gate" };
    const theirs = { ...base, time_zone: "Europe/Bratislava" };
    expect(merge(base, mine, theirs)).toEqual({ merged: { name: "North gate", time_zone: "Europe/Bratislava" }, conflicts: [] });
  });

  it("have to be chosen from where they are of one field", () => {
    const mine = { ...base, name: "North gate" };
    const theirs = { ...base, name: "North car park" };
    expect(merge(base, mine, theirs)).toEqual({ merged: mine, conflicts: ["name"] });
  });

  it("agree where both wrote the same", () => {
    const both = { ...base, name: "North gate" };
    expect(merge(base, both, both)).toEqual({ merged: both, conflicts: [] });
  });
});

describe("a change", () => {
  it("names only what differs", () => {
    expect(changesOf(base, { ...base, name: "South" })).toEqual({ name: "South" });
    expect(changesOf(base, { ...base })).toBeNull();
  });
});
