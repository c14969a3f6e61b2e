// What a form over terms holds, and the terms it says. Pure.
import type { Day, OutsideTerms, Terms } from "../api/schema.gen";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const satisfies readonly Day[];

export interface WindowDraft {
  days: readonly Day[];
  from: string;
  to: string;
}

/** Numbers as they are typed. */
export interface TermsDraft {
  places: string;
  uses: string;
  outside: OutsideTerms | "";
  windows: readonly WindowDraft[];
  lanes: readonly string[];
}

export const NO_TERMS: TermsDraft = { places: "", uses: "", outside: "", windows: [], lanes: [] };

export function draftOf(terms: Terms): TermsDraft {
  return {
    places: terms.places?.toString() ?? "",
    uses: terms.uses_per_month?.toString() ?? "",
    outside: terms.outside ?? "",
    windows: (terms.windows ?? []).map(({ days, from, to }) => ({ days, from, to })),
    lanes: terms.lanes ?? [],
  };
}

export function termsOf(draft: TermsDraft): Terms {
  return {
    places: numberOf(draft.places),
    uses_per_month: numberOf(draft.uses),
    outside: draft.outside || null,
    windows: draft.windows.map(({ days, from, to }) => ({ days: DAYS.filter((day) => days.includes(day)), from, to: to === "00:00" ? "24:00" : to })),
    lanes: [...draft.lanes],
  };
}

/** Empty is none; what is no number is asked of the server as nought, which refuses it by name. */
function numberOf(text: string): number | null {
  if (text.trim() === "") return null;
  const number = Number(text);
  return Number.isInteger(number) ? number : 0;
}

/** The plates of a field, one a line or with commas. */
export function platesOf(text: string): string[] {
  return text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
