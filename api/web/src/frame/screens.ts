import { CarFront, Radio, Timer, type LucideIcon } from "lucide-react";
import { may } from "../api/session";
import type { MySite } from "../api/schema.gen";

export interface Screen {
  name: "live" | "stays" | "jobs";
  path: "/live" | "/stays" | "/jobs";
  Icon: LucideIcon;
  keys: string;
}

const SCREENS: readonly (Screen & { isFor: (site: MySite) => boolean })[] = [
  { name: "live", path: "/live", Icon: Radio, keys: "g l", isFor: () => true },
  { name: "stays", path: "/stays", Icon: CarFront, keys: "g s", isFor: (site) => may(site, "stays:read") },
  { name: "jobs", path: "/jobs", Icon: Timer, keys: "g j", isFor: (site) => may(site, "jobs:read") },
];

/** The screens that may be seen at a site, in the order of the navigation. */
export function screensFor(site: MySite): readonly Screen[] {
  return SCREENS.filter(({ isFor }) => isFor(site));
}
