import { describe, expect, it } from "vitest";
import { siteChange, siteFields } from "./siteFields";

const site = { id: "s", code: "north", name: "North", time_zone: "Europe/Berlin", currency: "EUR", languages: ["vi", "en"], capacity: null, visitors: true };

describe("a site as it is typed", () => {
  it("asks only for what was changed", () => {
    expect(siteFields(site)).toEqual({ name: "North", time_zone: "Europe/Berlin", languages: "vi,en", capacity: "" });
    expect(siteChange({ languages: "en" })).toEqual({ languages: ["en"] });
    expect(siteChange({ capacity: "120", name: "N" })).toEqual({ capacity: 120, name: "N" });
  });

  it("says by null that nobody counts", () => {
    expect(siteChange({ capacity: "" })).toEqual({ capacity: null });
  });
});
