import { describe, expect, it } from "vitest";
import { linesOf } from "./linesOf";

describe("the faulty lines of a file", () => {
  it("are kept with the first line", () => {
    expect(linesOf("plate\r\nA1\r\n??\r\nA2\r\n", new Set([3]))).toBe("plate\r\n??\r\n");
  });

  it("are whole where a value has several lines", () => {
    const text = 'plate,notes\nA1,"two\nlines"\n??,"and\nhere"';
    expect(linesOf(text, new Set([4]))).toBe('plate,notes\n??,"and\nhere"');
  });
});
