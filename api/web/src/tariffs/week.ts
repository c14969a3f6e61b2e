// How a week is painted: each price with its colour, the cheapest the lightest. Pure.
import type { Amount, PaintedDay } from "../api/schema.gen";

export interface LegendEntry {
  amount: Amount;
  rules: readonly string[];
  /** From 0, the lightest. */
  level: number;
}

/** As many colours as there are. */
export const LEVELS = 7;

/** The prices of a week, the cheapest first. */
export function legendOf(week: readonly PaintedDay[]): LegendEntry[] {
  const rules = new Map<number, Set<string>>();
  let currency = "";
  for (const { first_hour: amount, rule } of week.flatMap(({ spans }) => spans)) {
    currency = amount.currency;
    rules.set(amount.minor, (rules.get(amount.minor) ?? new Set()).add(rule));
  }
  const prices = [...rules.keys()].toSorted((a, b) => a - b);
  return prices.map((minor, index) => ({
    amount: { minor, currency },
    rules: [...(rules.get(minor) ?? [])],
    level: prices.length <= LEVELS ? index : Math.floor((index * LEVELS) / prices.length),
  }));
}

/** Minutes since midnight. */
export function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour * 60 + minute;
}
