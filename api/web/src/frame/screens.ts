import { CarFront, Radio, Timer, type LucideIcon } from "lucide-react";
import { type Role, maySeeJobs } from "../api/session";

export interface Screen {
  name: "live" | "stays" | "jobs";
  path: "/live" | "/stays" | "/jobs";
  Icon: LucideIcon;
  keys: string;
}

const SCREENS: readonly (Screen & { isFor: (role: Role) => boolean })[] = [
  { name: "live", path: "/live", Icon: Radio, keys: "g l", isFor: () => true },
  { name: "stays", path: "/stays", Icon: CarFront, keys: "g s", isFor: () => true },
  { name: "jobs", path: "/jobs", Icon: Timer, keys: "g j", isFor: maySeeJobs },
];

/** The screens a role may see, in the order of the navigation. */
export function screensFor(role: Role): readonly Screen[] {
  return SCREENS.filter(({ isFor }) => isFor(role));
}
