import { Ban, CircleCheck, CircleHelp, Coins, type LucideIcon } from "lucide-react";
import type { Outcome } from "../api/liveEvent";

export type Shown = Outcome | "unknown";

interface Look {
  Icon: LucideIcon;
  text: string;
  ground: string;
  edge: string;
}

/** Every outcome has its colour, its icon and its word. */
export const OUTCOME_LOOK: Record<Shown, Look> = {
  open: { Icon: CircleCheck, text: "text-open", ground: "bg-open-ground", edge: "border-open" },
  deny: { Icon: Ban, text: "text-deny", ground: "bg-deny-ground", edge: "border-deny" },
  charge: { Icon: Coins, text: "text-charge", ground: "bg-charge-ground", edge: "border-charge" },
  unknown: { Icon: CircleHelp, text: "text-unknown", ground: "bg-unknown-ground", edge: "border-line" },
};
