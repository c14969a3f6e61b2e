// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { readSettings } from "./settings";

describe("settings", () => {
  it("are the first ones where what is stored is not understood", () => {
    const first = readSettings(null);
    for (const stored of ["", "{", "null", '{"theme":"pink","sound":"loud"}']) expect(readSettings(stored)).toEqual(first);
  });

  it("are kept one by one", () => {
    expect(readSettings('{"theme":"dark","density":"huge"}')).toMatchObject({ theme: "dark", density: "normal" });
  });
});
