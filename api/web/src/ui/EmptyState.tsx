import type { ReactNode } from "react";

/** What stands where nothing is yet, and the next step. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-1 px-4 py-10 text-center">
      <p className="text-large font-medium">{title}</p>
      {children && <div className="text-soft">{children}</div>}
    </div>
  );
}
