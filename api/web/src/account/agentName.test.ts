import { describe, expect, it } from "vitest";
import { agentName } from "./agentName";

const BASE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";

describe("a browser's name", () => {
  it("is the one people know", () => {
    expect(agentName(`${BASE} Chrome/131.0.0.0 Safari/537.36`)).toEqual({ browser: "Chrome", system: "Linux" });
    expect(agentName(`${BASE} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`).browser).toBe("Edge");
    expect(agentName("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0")).toEqual({
      browser: "Firefox",
      system: "Windows",
    });
    const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
    expect(agentName(phone)).toEqual({ browser: "Safari", system: "iOS" });
    expect(agentName("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36").system).toBe("Android");
  });

  it("is none for a program", () => {
    expect(agentName("curl/8.10.1")).toEqual({ browser: null, system: null });
    expect(agentName("")).toEqual({ browser: null, system: null });
  });
});
