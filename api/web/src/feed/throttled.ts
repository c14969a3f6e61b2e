/** Calls `work` soon after it is asked for, and at most once in `pause` milliseconds. */
export function throttled(work: () => void, pause: number): { ask: () => void; stop: () => void } {
  const SOON = 150;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const run = () => {
    timer = undefined;
    last = performance.now();
    work();
  };
  return {
    ask: () => {
      timer ??= setTimeout(run, Math.max(SOON, last + pause - performance.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
