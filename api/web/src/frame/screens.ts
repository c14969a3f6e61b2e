import { BellRing, CarFront, FileClock, IdCard, Radio, Settings, ShieldBan, Tags, Ticket, Timer, Truck, Users, type LucideIcon } from "lucide-react";
import { type Permission, may } from "../api/session";
import type { MySite } from "../api/schema.gen";
import type { GoScreen } from "./keymap";

/** The screens of the navigation. */
export type ScreenName = GoScreen;

export interface Screen {
  name: ScreenName;
  path: `/${ScreenName}`;
  Icon: LucideIcon;
  keys: string;
  /** Used every hour, or for running the car park. */
  group: "daily" | "manage";
}

const SCREENS: readonly (Screen & { needs: readonly Permission[] })[] = [
  { name: "live", path: "/live", Icon: Radio, keys: "g l", group: "daily", needs: [] },
  { name: "stays", path: "/stays", Icon: CarFront, keys: "g s", group: "daily", needs: ["stays:read"] },
  { name: "tickets", path: "/tickets", Icon: Ticket, keys: "g t", group: "daily", needs: ["stays:read"] },
  { name: "alarms", path: "/alarms", Icon: BellRing, keys: "g a", group: "daily", needs: ["alarms:read"] },
  { name: "vehicles", path: "/vehicles", Icon: Truck, keys: "g v", group: "manage", needs: ["vehicles:read"] },
  { name: "subscriptions", path: "/subscriptions", Icon: IdCard, keys: "g b", group: "manage", needs: ["subscriptions:read"] },
  { name: "blocklist", path: "/blocklist", Icon: ShieldBan, keys: "g k", group: "manage", needs: ["blocklist:read"] },
  { name: "tariffs", path: "/tariffs", Icon: Tags, keys: "g f", group: "manage", needs: ["tariffs:read"] },
  { name: "people", path: "/people", Icon: Users, keys: "g p", group: "manage", needs: ["users:manage"] },
  { name: "settings", path: "/settings", Icon: Settings, keys: "g e", group: "manage", needs: ["settings:write", "keys:manage"] },
  { name: "audit", path: "/audit", Icon: FileClock, keys: "g u", group: "manage", needs: ["audit:read"] },
  { name: "jobs", path: "/jobs", Icon: Timer, keys: "g j", group: "manage", needs: ["jobs:read"] },
];

/** The screens that may be seen at a site, in the order of the navigation. */
export function screensFor(site: MySite): readonly Screen[] {
  return SCREENS.filter(({ needs }) => needs.length === 0 || needs.some((permission) => may(site, permission)));
}
