import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { OneStay } from "../api/schema.gen";
import { voidStay } from "../api/stays";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { useStayAct } from "./useStayAct";

/** A stay that never was. */
export function VoidDialog({ stay, close }: { stay: OneStay; close: () => void }) {
  const { correction, ...messages } = useMessages();
  const [reason, setReason] = useState("");
  const done = useStayAct(stay.id, correction.voided, close);
  const voiding = useMutation({ mutationFn: () => voidStay(stay.id, reason), onSuccess: done });
  return (
    <Modal title={correction.acts.void} description={correction.voidHint} isOpen close={close}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!voiding.isPending) voiding.mutate();
        }}
      >
        <TextField label={correction.reason} hint={correction.reasonHint} value={reason} change={setReason} maxLength={200} required />
        <FormProblem error={voiding.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="danger" disabled={voiding.isPending || !reason.trim()}>
            {correction.acts.void}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
