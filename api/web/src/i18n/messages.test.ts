import { describe, expect, it } from "vitest";
import { en } from "./en";
import { pickLanguage } from "./language";
import reasonsEn from "./reasons.en.json";
import reasonsVi from "./reasons.vi.json";
import { reasonText } from "./reasonText";
import { vi } from "./vi";

const decisions = Object.keys(reasonsEn).filter((code) => /^(OPEN|DENY|CHARGE)-/.test(code));

describe("messages", () => {
  it("say why in both languages for every decision there is", () => {
    for (const code of decisions) {
      expect(en.why[code], code).toBeTruthy();
      expect(vi.why[code], code).toBeTruthy();
    }
    expect(Object.keys(en.why)).toHaveLength(decisions.length);
  });

  it("are not English where they should be Vietnamese", () => {
    expect(Object.keys(reasonsVi)).toEqual(Object.keys(reasonsEn));
    expect(Object.keys(vi.exceptions)).toEqual(Object.keys(en.exceptions));
    expect(vi.outcome.deny).not.toBe(en.outcome.deny);
  });

  it("count", () => {
    expect(en.stays.count(1)).toBe("1 stay shown");
    expect(en.stays.count(1_200)).toBe("1,200 stays shown");
    expect(en.lanes.certificateEnds(1)).toBe("Certificate ends in 1 day: renew it");
  });
});

describe("reasons", () => {
  it("are whole or not given", () => {
    expect(reasonText(reasonsEn, "OPEN-GRACE", { minutes: 5 })).toBe("Nothing to pay: you stayed 5 min. Goodbye.");
    expect(reasonText(reasonsEn, "OPEN-GRACE", null)).toBeNull();
    expect(reasonText(reasonsEn, "OPEN-TOMORROW", {})).toBeNull();
  });
});

describe("the language", () => {
  it("is the chosen one, else the browser's, else English", () => {
    expect(pickLanguage("vi", ["en-GB"])).toBe("vi");
    expect(pickLanguage(null, ["de", "vi-VN", "en"])).toBe("vi");
    expect(pickLanguage("xx", ["de"])).toBe("en");
  });
});
