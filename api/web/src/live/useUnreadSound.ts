import { useEffect, useRef } from "react";
import type { Lane } from "../api/schema.gen";
import { useObservable } from "../observable/Observable";
import { settings as settingsHere } from "../ui/settings";

/** Two short tones, made here: no file is fetched for them. */
function sound(): void {
  const context = new AudioContext();
  for (const [start, pitch] of [
    [0, 660],
    [0.18, 880],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, context.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + start + 0.17);
  }
  setTimeout(() => void context.close(), 1_000);
}

/** Sounds once when a car stands there that nobody could read. */
export function useUnreadSound(lanes: readonly Lane[] | undefined): void {
  const settings = useObservable(settingsHere);
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (!lanes) return;
    const unread = lanes.flatMap(({ last }) => (last && !last.plate ? [last.arrival] : []));
    const isNew = known.current !== null && unread.some((arrival) => !known.current?.has(arrival));
    known.current = new Set(unread);
    // Before a person has touched the page a browser lets nothing sound, and complains.
    if (isNew && settings.sound && navigator.userActivation?.hasBeenActive) sound();
  }, [lanes, settings.sound]);
}
