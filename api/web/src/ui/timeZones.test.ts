import { describe, expect, it } from "vitest";
import { presentZone, zonesByRegion } from "./timeZones";

describe("time zones", () => {
  it("have their present names, each once", () => {
    const asia = zonesByRegion("Asia/Ho_Chi_Minh").get("Asia") ?? [];
    expect(asia.filter((name) => name === "Asia/Ho_Chi_Minh")).toHaveLength(1);
    expect(asia).not.toContain("Asia/Saigon");
    expect(presentZone("Europe/Kiev")).toBe("Europe/Kyiv");
    expect(presentZone("Europe/Bratislava")).toBe("Europe/Bratislava");
  });

  it("keep the one that is chosen, known or not", () => {
    expect(zonesByRegion("Mars/Olympus").get("Mars")).toEqual(["Mars/Olympus"]);
  });
});
