import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useRef, useState } from "react";
import { lanesKey } from "../api/lanes";
import type { Amount } from "../api/schema.gen";
import { type PaymentMethod, stayKey, staysKey, takePayment } from "../api/stays";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { RadioField } from "../ui/RadioField";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import { useMoney } from "./useMoney";

const METHODS: readonly PaymentMethod[] = ["cash", "manual"];
const LONGEST_NOTE = 200;

/** Takes what is due. Nothing is shown as paid before the server has booked it. */
export function TakePaymentDialog({ stay, amount, close }: { stay: string; amount: Amount; close: () => void }) {
  const messages = useMessages();
  const money = useMoney();
  const report = useReport();
  const queries = useQueryClient();
  const [method, setMethod] = useState<PaymentMethod>("cash");
  const [note, setNote] = useState("");
  const take = useRef<HTMLButtonElement>(null);
  const noteId = useId();
  const payment = useMutation({
    mutationFn: () => takePayment(stay, amount, method, note.trim()),
    onSuccess: ({ opens }) => {
      toasts.add({ title: messages.money.taken(money(amount), opens ?? null) });
      close();
    },
    onError: report,
    onSettled: () => {
      for (const queryKey of [lanesKey, staysKey, [...stayKey, stay]]) void queries.invalidateQueries({ queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!payment.isPending) payment.mutate();
  };
  return (
    <Modal title={messages.money.title(money(amount))} description={messages.money.hint} isOpen close={close} initialFocus={take}>
      <form onSubmit={submit} className="grid gap-4">
        <fieldset className="grid gap-1">
          <legend className="mb-1 font-medium">{messages.money.method}</legend>
          {METHODS.map((one) => (
            <RadioField key={one} name="method" isChecked={method === one} choose={() => setMethod(one)}>
              {messages.money.methods[one]}
            </RadioField>
          ))}
        </fieldset>
        <div className="grid gap-1">
          <label htmlFor={noteId} className="font-medium">
            {messages.money.note}
          </label>
          <input
            id={noteId}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            maxLength={LONGEST_NOTE}
            autoComplete="off"
            className="min-h-11 rounded-control border border-strong-line bg-card px-3"
          />
        </div>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button ref={take} type="submit" look="main" disabled={payment.isPending}>
            {messages.money.take(money(amount))}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
