import { type ComponentType, lazy } from "react";

/**
 * A component that is fetched once the page stands and nothing else is to be done, so that it is there when it is asked for
 * and the first picture does not wait for it.
 */
export function deferred<P>(load: () => Promise<ComponentType<P>>) {
  let loading: Promise<{ default: ComponentType<P> }> | undefined;
  const once = () => (loading ??= load().then((component) => ({ default: component })));
  const whenIdle = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 1_000));
  // A browser that is offline by then asks again when it is needed.
  whenIdle(() => void once().catch(() => (loading = undefined)), { timeout: 10_000 });
  return lazy(once);
}
