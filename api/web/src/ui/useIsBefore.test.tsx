// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useIsBefore } from "./useIsBefore";

const DAY = 86_400_000;

describe("a moment ahead", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("lies ahead until it has passed, also a month from now", () => {
    const moment = Date.now() + 30 * DAY;
    const { result } = renderHook(() => useIsBefore(moment));
    act(() => void vi.advanceTimersByTime(29 * DAY));
    expect(result.current).toBe(true);
  });

  it("passes", () => {
    const moment = Date.now() + 30 * DAY;
    const { result } = renderHook(() => useIsBefore(moment));
    act(() => void vi.advanceTimersByTime(30 * DAY + 1));
    expect(result.current).toBe(false);
  });
});
