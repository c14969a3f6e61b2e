import type { Draft } from "./draft";

/** What every step reads and changes. */
export interface StepProps {
  draft: Draft;
  change: (changed: Partial<Draft>) => void;
}
