import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import { addSubscription, endSubscription, plans as plansQuery } from "../api/subscriptions";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { LocalTimeField } from "../ui/LocalTimeField";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextArea } from "../ui/TextArea";
import { TextField } from "../ui/TextField";
import { siteInstant } from "../ui/siteInstant";
import { useUndo } from "../ui/useUndo";
import { TermsFields } from "./TermsFields";
import { NO_TERMS, draftOf, platesOf, termsOf } from "./termsDraft";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

/** Subscribes somebody: a holder, vehicles, and the terms of a plan or own ones. */
export function NewSubscriptionDialog({ close }: { close: () => void }) {
  const { subscriptions, ...messages } = useMessages();
  const { site } = useSite();
  const { data: plans = [] } = useQuery(plansQuery(site.id, false));
  const [holder, setHolder] = useState("");
  const [email, setEmail] = useState("");
  const [phone, setPhone] = useState("");
  const [vehicles, setVehicles] = useState("");
  const [plan, setPlan] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [terms, setTerms] = useState(NO_TERMS);
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const making = useMutation({
    mutationFn: () => {
      const [begins, ends] = [siteInstant(from, site.time_zone), siteInstant(until, site.time_zone)];
      return addSubscription({
        site: site.id,
        holder: holder.trim(),
        vehicles: platesOf(vehicles),
        terms: termsOf(terms),
        ...(email.trim() ? { email: email.trim() } : {}),
        ...(phone.trim() ? { phone: phone.trim() } : {}),
        ...(plan ? { plan } : {}),
        ...(begins ? { from: begins } : {}),
        ...(ends ? { until: ends } : {}),
      });
    },
    onSuccess: (made) => {
      undo(subscriptions.made(made.holder), () => endSubscription(made.id, { reason: messages.undo }));
      close();
    },
    onSettled: again,
  });
  const choosePlan = (id: string) => {
    setPlan(id);
    const chosen = plans.find((one) => one.id === id);
    if (chosen) setTerms(draftOf(chosen.terms));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!making.isPending) making.mutate();
  };
  const problem = (field: string) => fieldProblem(making.error, field);
  const isNamed = ["holder", "vehicles", "email", "until"].some((field) => problem(field) !== null);
  return (
    <Modal title={subscriptions.add} description={subscriptions.addHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label={subscriptions.holder}
          hint={subscriptions.holderHint}
          value={holder}
          change={setHolder}
          maxLength={200}
          autoComplete="off"
          required
          problem={problem("holder")}
        />
        <TextArea
          label={subscriptions.vehicles}
          hint={subscriptions.vehiclesHint}
          value={vehicles}
          change={setVehicles}
          rows={4}
          autoCapitalize="characters"
          spellCheck={false}
          problem={problem("vehicles")}
        />
        <SelectField label={subscriptions.plan} hint={plan ? subscriptions.planHint : undefined} value={plan} change={choosePlan}>
          <option value="">{subscriptions.ownTerms}</option>
          {plans.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <TermsFields terms={terms} change={setTerms} error={making.error} />
        <div className="grid gap-4 tablet:grid-cols-2">
          <LocalTimeField label={subscriptions.from} hint={subscriptions.fromHint} value={from} change={setFrom} />
          <LocalTimeField label={subscriptions.until} hint={subscriptions.untilHint} value={until} change={setUntil} problem={problem("until")} />
          <TextField
            label={subscriptions.email}
            hint={subscriptions.emailHint}
            type="email"
            value={email}
            change={setEmail}
            maxLength={254}
            autoComplete="off"
            problem={problem("email")}
          />
          <TextField label={subscriptions.phone} type="tel" value={phone} change={setPhone} maxLength={40} autoComplete="off" />
        </div>
        <FormProblem error={isNamed ? null : making.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={making.isPending}>
            {subscriptions.make}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
