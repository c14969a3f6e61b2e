// Which key does what. Pure; `?` shows the same table.

export type KeyAction =
  | { kind: "lane"; index: number }
  /** One of the reasons that a card shows. */
  | { kind: "reason"; index: number }
  /** Away from what is asked on a card. */
  | { kind: "leave" }
  | { kind: "order"; action: "open" | "close" | "hold" | "release" }
  | { kind: "pay" }
  /** A look through the camera. */
  | { kind: "preview" }
  /** On the screen of tickets. */
  | { kind: "ticket"; act: "issue" | "exit" | "lost" }
  | { kind: "find" }
  | { kind: "help" }
  | { kind: "palette" }
  | { kind: "go"; screen: GoScreen };

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** Whether the focus is where one writes, or a dialog is open. */
  isBusy: boolean;
  /** The key before, where it came a moment ago. */
  before: string | null;
}

/** Letters of reasons: none that does something else. */
export const REASON_KEYS = ["a", "b", "d", "e", "i", "j"] as const;

const ORDERS = { o: "open", c: "close", h: "hold", r: "release" } as const;
/** The second key after `g`, in the order of the navigation. */
export const SCREENS = {
  l: "live",
  s: "stays",
  t: "tickets",
  a: "alarms",
  v: "vehicles",
  b: "subscriptions",
  k: "blocklist",
  f: "tariffs",
  p: "people",
  e: "settings",
  u: "audit",
  j: "jobs",
} as const;
const TICKETS = { n: "issue", x: "exit", m: "lost" } as const;
export type GoScreen = (typeof SCREENS)[keyof typeof SCREENS];

function isOwn<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}

export function keyAction({ key, ctrlKey, metaKey, altKey, isBusy, before }: KeyPress): KeyAction | null {
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === "k") return { kind: "palette" };
  if (isBusy || ctrlKey || metaKey || altKey) return null;
  if (before === "g" && isOwn(SCREENS, key)) return { kind: "go", screen: SCREENS[key] };
  if (/^[1-9]$/.test(key)) return { kind: "lane", index: Number(key) - 1 };
  if (isOwn(ORDERS, key)) return { kind: "order", action: ORDERS[key] };
  const reason = REASON_KEYS.findIndex((letter) => letter === key);
  if (reason >= 0) return { kind: "reason", index: reason };
  if (key === "Escape") return { kind: "leave" };
  if (key === "p") return { kind: "pay" };
  if (key === "v") return { kind: "preview" };
  if (isOwn(TICKETS, key)) return { kind: "ticket", act: TICKETS[key] };
  if (key === "f" || key === "/") return { kind: "find" };
  return key === "?" ? { kind: "help" } : null;
}
