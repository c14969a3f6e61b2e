import { describe, expect, it } from "vitest";
import { offered, readReasons, withReason } from "./recentReasons";

describe("reasons", () => {
  it("come first where they were given last, each once", () => {
    expect(withReason(["a", "b"], "b")).toEqual(["b", "a"]);
    expect(offered(["b", "own"], ["a", "b"])).toEqual(["b", "own", "a"]);
  });

  it("are nine at most, for nine digits", () => {
    expect(offered(["1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"])).toHaveLength(9);
  });

  it("that somebody else stored are left out", () => {
    expect(readReasons("{")).toEqual([]);
    expect(readReasons('["a", 7]')).toEqual(["a"]);
  });
});
