import { type ReactNode, useId } from "react";

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: string | undefined;
  problem?: string | null | undefined;
  className?: string;
  /** The options. */
  children: ReactNode;
}

/** One of several, with its name above. */
export function SelectField({ label, value, change, hint, problem, className = "", children }: Props) {
  const [id, noteId] = [useId(), useId()];
  const note = problem ?? hint;
  return (
    <div className={`grid min-w-0 content-start gap-1 ${className}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => change(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? noteId : undefined}
        className={`min-h-11 w-full min-w-0 rounded-control border bg-card px-2 ${problem ? "border-deny" : "border-strong-line"}`}
      >
        {children}
      </select>
      {note && (
        <p id={noteId} className={`text-small ${problem ? "font-medium text-deny" : "text-soft"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
