import { describe, expect, it } from "vitest";
import { matches } from "./searchText";

describe("the palette's search", () => {
  it("finds by the beginnings of words, without marks", () => {
    expect(matches("Exit 2", "ex 2")).toBe(true);
    expect(matches("Đăng xuất", "dang")).toBe(true);
    expect(matches("Exit 2", "it")).toBe(false);
  });

  it("finds everything by nothing", () => {
    expect(matches("Live", "")).toBe(true);
  });
});
