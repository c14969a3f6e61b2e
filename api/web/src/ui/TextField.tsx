import { type ComponentProps, useId } from "react";

const FIELD = "min-h-11 w-full min-w-0 rounded-control border bg-card px-3";

interface Props extends Omit<ComponentProps<"input">, "onChange" | "value" | "id"> {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: string | undefined;
  /** What is wrong with it; it is read out with the field. */
  problem?: string | null | undefined;
}

/** A line of text with its name above, and below what is meant or what is wrong. */
export function TextField({ label, value, change, hint, problem, className = "", ...rest }: Props) {
  const [id, noteId] = [useId(), useId()];
  const note = problem ?? hint;
  return (
    <div className={`grid min-w-0 content-start gap-1 ${className}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        value={value}
        onChange={(event) => change(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? noteId : undefined}
        className={`${FIELD} ${problem ? "border-deny" : "border-strong-line"}`}
      />
      {note && (
        <p id={noteId} className={`text-small ${problem ? "font-medium text-deny" : "text-soft"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
