import { type ComponentProps, useId } from "react";

interface Props extends Omit<ComponentProps<"textarea">, "onChange" | "value" | "id"> {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: string | undefined;
  problem?: string | null | undefined;
}

/** Several lines of text with their name above. */
export function TextArea({ label, value, change, hint, problem, className = "", ...rest }: Props) {
  const [id, noteId] = [useId(), useId()];
  const note = problem ?? hint;
  return (
    <div className={`grid min-w-0 content-start gap-1 ${className}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <textarea
        {...rest}
        id={id}
        value={value}
        onChange={(event) => change(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? noteId : undefined}
        className={`w-full min-w-0 rounded-control border bg-card px-3 py-2 ${problem ? "border-deny" : "border-strong-line"}`}
      />
      {note && (
        <p id={noteId} className={`text-small ${problem ? "font-medium text-deny" : "text-soft"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
