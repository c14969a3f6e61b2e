import { describe, expect, it } from "vitest";
import { type KeyPress, REASON_KEYS, keyAction } from "./keymap";

function press(key: string, with_: Partial<KeyPress> = {}) {
  return keyAction({ key, ctrlKey: false, metaKey: false, altKey: false, isBusy: false, before: null, ...with_ });
}

describe("keys", () => {
  it("choose a lane and order its boom", () => {
    expect(press("2")).toEqual({ kind: "lane", index: 1 });
    expect(press("o")).toEqual({ kind: "order", action: "open" });
    expect(press("h")).toEqual({ kind: "order", action: "hold" });
    expect(press("0")).toBeNull();
  });

  it("give a reason by a letter that does nothing else, and leave by Escape", () => {
    expect(REASON_KEYS.map((key) => press(key))).toEqual(REASON_KEYS.map((_, index) => ({ kind: "reason", index })));
    expect(press("Escape")).toEqual({ kind: "leave" });
    expect(press("Escape", { isBusy: true })).toBeNull();
  });

  it("are letters where somebody writes", () => {
    expect(press("o", { isBusy: true })).toBeNull();
    expect(press("2", { isBusy: true })).toBeNull();
  });

  it("leave the browser's own alone", () => {
    expect(press("c", { ctrlKey: true })).toBeNull();
    expect(press("p", { metaKey: true })).toBeNull();
  });

  it("open the palette also where somebody writes", () => {
    expect(press("k", { ctrlKey: true, isBusy: true })).toEqual({ kind: "palette" });
    expect(press("K", { metaKey: true })).toEqual({ kind: "palette" });
  });

  it("go somewhere after g", () => {
    expect(press("s", { before: "g" })).toEqual({ kind: "go", screen: "stays" });
    expect(press("s")).toBeNull();
  });

  it("are not the names that every object has", () => {
    expect(press("toString")).toBeNull();
    expect(press("constructor", { before: "g" })).toBeNull();
  });
});
