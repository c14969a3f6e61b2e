import { useSyncExternalStore } from "react";
import { type Settings, currentSettings, subscribeSettings } from "./settings";

export function useSettings(): Settings {
  return useSyncExternalStore(subscribeSettings, currentSettings);
}
