import { Check } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";
import { STEPS, type Step } from "./draft";

interface Props {
  step: Step;
  isFilled: (step: Step) => boolean;
  go: (step: Step) => void;
}

/** How far one is; what was filled in can be gone back to. */
export function StepList({ step, isFilled, go }: Props) {
  const { setup } = useMessages();
  const now = STEPS.indexOf(step);
  return (
    <nav aria-label={setup.title}>
      <p className="mb-2 font-semibold tablet:hidden">{setup.progress(now + 1, STEPS.length)}</p>
      <ol className="flex gap-1">
        {STEPS.map((one, index) => (
          <li key={one} className="min-w-0 flex-1">
            <button
              type="button"
              disabled={index > now}
              aria-current={one === step ? "step" : undefined}
              aria-label={setup.steps[one]}
              onClick={() => go(one)}
              className={`flex min-h-11 w-full items-center gap-1.5 border-t-4 pt-1 text-left text-small disabled:cursor-default ${
                index <= now ? "border-accent" : "border-line text-soft"
              } ${one === step ? "font-semibold" : ""}`}
            >
              {index < now && isFilled(one) && <Check aria-hidden size={15} className="shrink-0 text-open" />}
              <span className="hidden truncate tablet:inline">{setup.steps[one]}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
