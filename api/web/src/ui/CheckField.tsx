import type { ReactNode } from "react";

interface Props {
  isChecked: boolean;
  change: (isChecked: boolean) => void;
  hint?: ReactNode;
  isDisabled?: boolean;
  /** Its name. */
  children: ReactNode;
}

/** Something to be or not to be, with what it means. */
export function CheckField({ isChecked, change, hint, isDisabled = false, children }: Props) {
  return (
    <label className="flex min-h-11 items-start gap-3 rounded-control px-2 py-2 hover:bg-raised">
      <input
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        onChange={(event) => change(event.target.checked)}
        className="mt-0.5 size-5 shrink-0 accent-accent"
      />
      <span className="min-w-0">
        <span className="block">{children}</span>
        {hint && <span className="block text-small text-soft">{hint}</span>}
      </span>
    </label>
  );
}
