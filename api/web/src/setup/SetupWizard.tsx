import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import type { SetupAnswer, SetupOptions } from "../api/schema.gen";
import { useCatalogue, useMessages } from "../i18n/CatalogueContext";
import { currencyDigits } from "../money/formatMoney";
import { Button } from "../ui/Button";
import { AdminStep } from "./AdminStep";
import { CompanyStep } from "./CompanyStep";
import { LanesStep } from "./LanesStep";
import { PricesStep } from "./PricesStep";
import { SiteStep } from "./SiteStep";
import { StepList } from "./StepList";
import { type Draft, STEPS, type Step, firstDraft, isFilled, reachable, storeDraft, storedDraft } from "./draft";

const route = getRouteApi("/setup");

interface Props {
  token: string;
  options: SetupOptions;
  done: (answer: SetupAnswer) => void;
}

/** One question after the other; back and forward lose nothing, loading the page anew loses the password only. */
export function SetupWizard({ token, options, done }: Props) {
  const [draft, setDraft] = useDraft();
  const { step: wanted = "company" } = route.useSearch();
  const navigate = route.useNavigate();
  const digits = currencyDigits(draft.site.currency);
  const step = reachable(wanted, draft, digits);
  const go = (to: Step) => void navigate({ search: { step: to }, hash: true });
  const change = (changed: Partial<Draft>) => setDraft({ ...draft, ...changed });
  const finish = (answer: SetupAnswer) => {
    storeDraft(null);
    done(answer);
  };
  const neighbour = (by: number) => STEPS[STEPS.indexOf(step) + by];
  const back = neighbour(-1);
  const next = neighbour(1);
  const goBack = back ? () => go(back) : null;
  return (
    <div className="grid gap-5">
      <StepList step={step} isFilled={(one) => isFilled(one, draft, digits)} go={go} />
      {step === "admin" ? (
        <AdminStep token={token} draft={draft} change={change} back={goBack} done={finish} />
      ) : (
        <StepForm key={step} isFilled={isFilled(step, draft, digits)} back={goBack} next={() => next && go(next)}>
          {step === "company" && <CompanyStep draft={draft} change={change} />}
          {step === "site" && <SiteStep draft={draft} change={change} options={options} />}
          {step === "lanes" && <LanesStep draft={draft} change={change} />}
          {step === "prices" && <PricesStep token={token} draft={draft} change={change} options={options} />}
        </StepForm>
      )}
    </div>
  );
}

function useDraft() {
  const { messages, language } = useCatalogue();
  const [draft, setDraft] = useState(() => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const { laneNames } = messages.setup;
    return storedDraft(
      firstDraft(timeZone, language, [
        { code: "in-1", name: laneNames.entry(1), direction: "entry" },
        { code: "out-1", name: laneNames.exit(1), direction: "exit" },
      ]),
    );
  });
  const change = (changed: Draft) => {
    storeDraft(changed);
    setDraft(changed);
  };
  return [draft, change] as const;
}

interface FormProps {
  isFilled: boolean;
  back: (() => void) | null;
  next: () => void;
  children: ReactNode;
}

function StepForm({ isFilled: isComplete, back, next, children }: FormProps) {
  const messages = useMessages();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isComplete) next();
  };
  return (
    <form onSubmit={submit} className="grid gap-5">
      {children}
      <div className="flex justify-between gap-2">
        {back ? <Button onClick={back}>{messages.back}</Button> : <span />}
        <Button type="submit" look="main" disabled={!isComplete}>
          {messages.setup.next}
        </Button>
      </div>
    </form>
  );
}
