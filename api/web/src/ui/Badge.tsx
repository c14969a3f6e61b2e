import type { ReactNode } from "react";

type Tone = "plain" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  plain: "bg-unknown-ground text-unknown",
  good: "bg-open-ground text-open",
  warn: "bg-charge-ground text-charge",
  bad: "bg-deny-ground text-deny",
};

/** A word that stands out: a state, a mark. */
export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1 rounded-control px-2 py-0.5 text-small font-medium whitespace-nowrap ${TONES[tone]}`}>
      {children}
    </span>
  );
}
