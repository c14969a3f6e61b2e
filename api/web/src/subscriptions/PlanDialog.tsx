import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { PlanPeriod, PlanView } from "../api/schema.gen";
import { may } from "../api/session";
import { sites as sitesQuery } from "../api/sites";
import { addPlan, changePlan } from "../api/subscriptions";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { amountText, currencyDigits } from "../money/formatMoney";
import { minorOf } from "../setup/draft";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { useUndo } from "../ui/useUndo";
import { TermsFields } from "./TermsFields";
import { NO_TERMS, draftOf, termsOf } from "./termsDraft";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

/** A plan: made where there is none, else corrected or sold no more. */
export function PlanDialog({ plan, close }: { plan: PlanView | null; close: () => void }) {
  const { plans } = useMessages();
  const { site } = useSite();
  const { data: sites } = useQuery(sitesQuery);
  const currency = sites?.find(({ id }) => id === site.id)?.currency;
  return (
    <Modal title={plan?.name ?? plans.add} description={plans.hint} isOpen close={close}>
      {currency && <PlanForm plan={plan} currency={currency} close={close} />}
    </Modal>
  );
}

/** A plan may cost nothing. */
function isNought(price: string): boolean {
  return /^0+([.,]0*)?$/.test(price.trim());
}

function PlanForm({ plan, currency, close }: { plan: PlanView | null; currency: string; close: () => void }) {
  const { plans, ...messages } = useMessages();
  const { site } = useSite();
  const [name, setName] = useState(plan?.name ?? "");
  const [price, setPrice] = useState(plan ? (amountText(plan.price).split(" ")[0] ?? "") : "");
  const [period, setPeriod] = useState<PlanPeriod>(plan?.period ?? "month");
  const [terms, setTerms] = useState(plan ? draftOf(plan.terms) : NO_TERMS);
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const minor = isNought(price) ? 0 : minorOf(price, currencyDigits(currency));
  const saving = useMutation({
    mutationFn: async () => {
      const body = { name: name.trim(), price: { minor: minor ?? 0, currency }, period, terms: termsOf(terms) };
      return plan ? changePlan(plan.id, body) : addPlan({ site: site.id, ...body });
    },
    onSuccess: (made) => {
      if (plan) {
        const { name: before, price: cost, period: every, terms: were } = plan;
        undo(plans.changed(made.name), () => changePlan(plan.id, { name: before, price: cost, period: every, terms: were }));
      } else {
        undo(plans.made(made.name), () => changePlan(made.id, { retired: true }));
      }
      close();
    },
    onSettled: again,
  });
  const retiring = useMutation({
    mutationFn: async (one: PlanView) => changePlan(one.id, { retired: !one.retired_at }),
    onSuccess: (now, { id, name: of, retired_at: before }) => {
      undo(now.retired_at ? plans.wasRetired(of) : plans.changed(of), () => changePlan(id, { retired: Boolean(before) }));
      close();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending && minor !== null) saving.mutate();
  };
  const problem = (field: string) => fieldProblem(saving.error, field);
  const error = saving.error ?? retiring.error;
  const isNamed = ["name", "price"].some((field) => problem(field) !== null);
  const mayWrite = may(site, "subscriptions:write");
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField label={plans.name} value={name} change={setName} maxLength={100} autoComplete="off" required problem={problem("name")} />
      <div className="grid gap-4 tablet:grid-cols-2">
        <TextField
          label={`${plans.price} (${currency})`}
          value={price}
          change={setPrice}
          inputMode="decimal"
          maxLength={12}
          autoComplete="off"
          required
          problem={problem("price") ?? (price !== "" && minor === null ? plans.badPrice : null)}
        />
        <SelectField label={plans.period} value={period} change={(word) => setPeriod(word as PlanPeriod)}>
          {Object.entries(plans.periods).map(([word, said]) => (
            <option key={word} value={word}>
              {said}
            </option>
          ))}
        </SelectField>
      </div>
      <TermsFields terms={terms} change={setTerms} error={saving.error} />
      <FormProblem error={isNamed ? null : error} />
      {mayWrite && (
        <div className="flex flex-wrap justify-end gap-2">
          {plan && (
            <Button className="mr-auto" disabled={retiring.isPending} onClick={() => retiring.mutate(plan)}>
              {plan.retired_at ? plans.sellAgain : plans.retire}
            </Button>
          )}
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={saving.isPending}>
            {messages.save}
          </Button>
        </div>
      )}
    </form>
  );
}
