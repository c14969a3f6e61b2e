import { describe, expect, it } from "vitest";
import { instantOf, wallTime } from "./zonedTime";

const ZONE = "Europe/Bratislava";
const iso = (wall: string, zone: string) => {
  const instant = instantOf(wall, zone);
  return instant === null ? null : new Date(instant).toISOString();
};

describe("a site's clock", () => {
  it("is read as the site reads it", () => {
    expect(iso("2026-11-30T08:00", ZONE)).toBe("2026-11-30T07:00:00.000Z");
    expect(iso("2026-07-01T08:00", ZONE)).toBe("2026-07-01T06:00:00.000Z");
    expect(iso("2026-07-01T08:00", "Asia/Ho_Chi_Minh")).toBe("2026-07-01T01:00:00.000Z");
    expect(wallTime(Date.parse("2026-11-30T07:00:30Z"), ZONE)).toBe("2026-11-30T08:00");
  });

  it("means the first of two equal times, and the next time after a skipped one", () => {
    expect(iso("2026-10-25T02:30", ZONE)).toBe("2026-10-25T00:30:00.000Z");
    expect(iso("2026-03-29T02:30", ZONE)).toBe("2026-03-29T01:30:00.000Z");
  });

  it("is none where it is no time", () => {
    for (const wall of ["", "yesterday", "2026-13-40T99:99"]) expect(instantOf(wall, ZONE)).toBeNull();
  });
});
