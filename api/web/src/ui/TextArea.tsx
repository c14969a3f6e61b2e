import { useId } from "react";

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  problem?: string | null | undefined;
  maxLength?: number;
}

/** Some lines of text with their name above. */
export function TextArea({ label, value, change, problem, maxLength }: Props) {
  const [id, noteId] = [useId(), useId()];
  return (
    <div className="grid min-w-0 content-start gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        value={value}
        onChange={(event) => change(event.target.value)}
        maxLength={maxLength}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? noteId : undefined}
        className={`w-full min-w-0 rounded-control border bg-card px-3 py-2 ${problem ? "border-deny" : "border-strong-line"}`}
      />
      {problem && (
        <p id={noteId} className="text-small font-medium text-deny">
          {problem}
        </p>
      )}
    </div>
  );
}
