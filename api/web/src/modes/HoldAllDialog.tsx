import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { askHoldAll, holdAllKey } from "../api/holdAll";
import type { HoldAllAction, LaneDirection } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { RadioField } from "../ui/RadioField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";

const LONGEST_REASON = 300;
const ACTIONS: readonly HoldAllAction[] = ["hold", "free_flow"];

/** Asks for every lane of a direction to be held open; nothing moves before another person confirms it. */
export function HoldAllDialog({ direction, close }: { direction: LaneDirection; close: () => void }) {
  const { holdAll, order, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const [action, setAction] = useState<HoldAllAction>("hold");
  const [reason, setReason] = useState("");
  const asking = useMutation({
    mutationFn: () => askHoldAll(site.id, { direction, action, reason: reason.trim() }),
    onSuccess: () => {
      toasts.add({ title: holdAll.asked });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: holdAllKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!asking.isPending) asking.mutate();
  };
  return (
    <Modal title={holdAll.hold[direction]} description={holdAll.hint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <fieldset>
          <legend className="sr-only">{holdAll.hold[direction]}</legend>
          {ACTIONS.map((one) => (
            <RadioField key={one} name="action" isChecked={action === one} choose={() => setAction(one)} hint={holdAll.actionHints[one]}>
              {holdAll.actions[one]}
            </RadioField>
          ))}
        </fieldset>
        <TextField label={order.reason} value={reason} change={setReason} maxLength={LONGEST_REASON} autoComplete="off" required />
        <FormProblem error={asking.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="danger" disabled={asking.isPending || reason.trim() === ""}>
            {holdAll.ask}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
