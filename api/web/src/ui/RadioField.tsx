import type { ReactNode } from "react";

interface Props {
  /** Of the group. */
  name: string;
  isChecked: boolean;
  choose: () => void;
  hint?: ReactNode;
  /** What it is called. */
  children: ReactNode;
}

/** One of several to choose from, with what it means. */
export function RadioField({ name, isChecked, choose, hint, children }: Props) {
  return (
    <label className="flex min-h-11 items-start gap-3 rounded-control px-2 py-2 hover:bg-raised">
      <input type="radio" name={name} checked={isChecked} onChange={choose} className="mt-0.5 size-5 shrink-0 accent-accent" />
      <span className="min-w-0">
        <span className="block wrap-anywhere">{children}</span>
        {hint && <span className="block text-small text-soft">{hint}</span>}
      </span>
    </label>
  );
}
