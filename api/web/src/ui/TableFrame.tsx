import type { ReactNode } from "react";

/** Around a table: what does not fit is scrolled inside, also by keyboard. */
export function TableFrame({ label, children }: { label: string; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className="relative overflow-x-auto rounded-card border border-line bg-card" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
