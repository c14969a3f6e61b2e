// What a person set on this machine: theme, density, sound.
import { Observable } from "../observable/Observable";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const DENSITIES = ["normal", "compact"] as const;
export type Density = (typeof DENSITIES)[number];

export interface Settings {
  theme: Theme;
  density: Density;
  sound: boolean;
}

const STORED = "boomgate.settings";
const FIRST: Settings = { theme: "system", density: "normal", sound: true };

/** Settings from what was stored, with what is not understood left out. */
export function readSettings(stored: string | null): Settings {
  let read: Partial<Record<keyof Settings, unknown>> = {};
  try {
    read = (JSON.parse(stored ?? "{}") as typeof read | null) ?? {};
  } catch {
    // Somebody else's, or half written: the first ones are good.
  }
  return {
    theme: THEMES.find((theme) => theme === read.theme) ?? FIRST.theme,
    density: DENSITIES.find((density) => density === read.density) ?? FIRST.density,
    sound: typeof read.sound === "boolean" ? read.sound : FIRST.sound,
  };
}

export function applySettings({ theme, density }: Settings): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset.theme;
  else dataset.theme = theme;
  dataset.density = density;
}

export const settings = new Observable(readSettings(localStorage.getItem(STORED)));

export function changeSettings(change: Partial<Settings>): void {
  const changed = { ...settings.get(), ...change };
  localStorage.setItem(STORED, JSON.stringify(changed));
  applySettings(changed);
  settings.set(changed);
}
