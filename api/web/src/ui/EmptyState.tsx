import type { ReactNode } from "react";

/** What stands where nothing is yet, and the next step. */
export function EmptyState({ title, as: Title = "p", children }: { title: string; as?: "h1" | "p"; children?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-1 px-4 py-10 text-center">
      <Title className="text-large font-medium">{title}</Title>
      {children && <div className="text-soft">{children}</div>}
    </div>
  );
}
