import { useEffect, useEffectEvent } from "react";
import { type KeyAction, keyAction } from "./keymap";

const SEQUENCE = 1_000;

/** Listens for the app's keys while the component is shown. `handle` answers whether the key was its own. */
export function useKeys(handle: (action: KeyAction) => boolean): void {
  const act = useEffectEvent(handle);
  useEffect(() => {
    let before: { key: string; at: number } | null = null;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const recent = before && event.timeStamp - before.at < SEQUENCE ? before.key : null;
      before = { key: event.key, at: event.timeStamp };
      const action = keyAction({ ...modifiers(event), key: event.key, isBusy: isBusy(event.target), before: recent });
      if (action && act(action)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function modifiers({ ctrlKey, metaKey, altKey }: KeyboardEvent) {
  return { ctrlKey, metaKey, altKey };
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[data-modal], [role="menu"]')) return true;
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}
