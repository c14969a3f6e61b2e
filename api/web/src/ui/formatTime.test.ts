import { describe, expect, it } from "vitest";
import { formatDuration, formatTime, zoneNote } from "./formatTime";

const NOW = Date.parse("2026-11-30T22:30:00Z");

describe("times", () => {
  it("are the site's, with the date where it is not today there", () => {
    expect(formatTime("2026-11-30T22:29:05Z", "Europe/Bratislava", "en-GB", NOW)).toBe("23:29:05");
    expect(formatTime("2026-11-30T12:00:00Z", "Asia/Ho_Chi_Minh", "en-GB", NOW)).toBe("30/11 19:00:00");
  });

  it("name their zone only where the viewer's clock differs", () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(zoneNote(here, "en", NOW)).toBeNull();
    expect(zoneNote("Pacific/Kiritimati", "en", NOW)).toContain("GMT+14");
  });
});

describe("lengths of time", () => {
  it("have two units at most", () => {
    expect(formatDuration(0, "en")).toBe("0 sec");
    expect(formatDuration(65_000, "en")).toBe("1 min 5 sec");
    expect(formatDuration(3_600_000, "en")).toBe("1 hr");
    expect(formatDuration(90_061_000, "en")).toBe("1 day 1 hr");
    expect(formatDuration(-5, "en")).toBe("0 sec");
  });
});
