import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { releaseAll } from "../api/holdAll";
import { lanesKey } from "../api/lanes";
import type { LaneDirection } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";

const LONGEST_REASON = 300;

/** Lets every lane of a direction close again; one person may. */
export function ReleaseAllDialog({ direction, close }: { direction: LaneDirection; close: () => void }) {
  const { holdAll, order, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const releasing = useMutation({
    mutationFn: () => releaseAll(site.id, direction, reason.trim()),
    onSuccess: () => {
      toasts.add({ title: holdAll.released });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: lanesKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!releasing.isPending) releasing.mutate();
  };
  return (
    <Modal title={holdAll.release[direction]} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={order.reason} value={reason} change={setReason} maxLength={LONGEST_REASON} autoComplete="off" required />
        <FormProblem error={releasing.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={releasing.isPending || reason.trim() === ""}>
            {order.release}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
