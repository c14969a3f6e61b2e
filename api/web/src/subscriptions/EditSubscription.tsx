import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { SubscriptionDetail, SubscriptionSet } from "../api/schema.gen";
import { changeSubscription } from "../api/subscriptions";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { LocalTimeField, useWallTime } from "../ui/LocalTimeField";
import { TextField } from "../ui/TextField";
import { siteInstant } from "../ui/siteInstant";
import { useUndo } from "../ui/useUndo";
import { TermsFields } from "./TermsFields";
import { draftOf, termsOf } from "./termsDraft";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

function asItWas({ holder, email, phone, note, until, terms }: SubscriptionDetail): SubscriptionSet {
  return { holder, email: email ?? null, phone: phone ?? null, note, until: until ?? null, terms };
}

/** Holder, contact, end and terms. */
export function EditSubscription({ subscription, close }: { subscription: SubscriptionDetail; close: () => void }) {
  const { subscriptions, ...messages } = useMessages();
  const { site } = useSite();
  const wall = useWallTime();
  const [holder, setHolder] = useState(subscription.holder);
  const [email, setEmail] = useState(subscription.email ?? "");
  const [phone, setPhone] = useState(subscription.phone ?? "");
  const [note, setNote] = useState(subscription.note);
  const [until, setUntil] = useState(wall(subscription.until));
  const [terms, setTerms] = useState(draftOf(subscription.terms));
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const saving = useMutation({
    mutationFn: () =>
      changeSubscription(subscription.id, {
        holder: holder.trim(),
        email: email.trim() || null,
        phone: phone.trim() || null,
        note: note.trim(),
        terms: termsOf(terms),
        // The field shows minutes; an end that nobody touched keeps its seconds.
        ...(until === wall(subscription.until) ? {} : { until: siteInstant(until, site.time_zone) }),
      }),
    onSuccess: () => {
      undo(subscriptions.changed(holder.trim()), () => changeSubscription(subscription.id, asItWas(subscription)));
      close();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const problem = (field: string) => fieldProblem(saving.error, field);
  const isNamed = ["holder", "email", "until"].some((field) => problem(field) !== null);
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField label={subscriptions.holder} value={holder} change={setHolder} maxLength={200} autoComplete="off" required problem={problem("holder")} />
      <div className="grid gap-4 tablet:grid-cols-2">
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
      <TextField label={subscriptions.note} value={note} change={setNote} maxLength={1000} autoComplete="off" />
      <LocalTimeField label={subscriptions.until} hint={subscriptions.furtherNotice} value={until} change={setUntil} problem={problem("until")} />
      <TermsFields terms={terms} change={setTerms} error={saving.error} />
      <FormProblem error={isNamed ? null : saving.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={saving.isPending}>
          {messages.save}
        </Button>
      </div>
    </form>
  );
}
