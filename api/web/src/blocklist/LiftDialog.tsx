import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addBlock, liftBlock } from "../api/blocklist";
import type { Block } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { useUndo } from "../ui/useUndo";
import { useBlocklistChanged } from "./useBlocklistChanged";

interface Props {
  blocks: readonly Block[];
  close: () => void;
  done: () => void;
}

async function blockAgain(blocks: readonly Block[]): Promise<void> {
  for (const { site, written, reason, until } of blocks) {
    await addBlock({ site, plate: written, reason, ...(until ? { until } : {}) });
  }
}

/** Lifts blocks, with a reason. */
export function LiftDialog({ blocks, close, done }: Props) {
  const { blocklist, ...messages } = useMessages();
  const [reason, setReason] = useState("");
  const again = useBlocklistChanged();
  const undo = useUndo(again);
  const [first] = blocks;
  const lifting = useMutation({
    mutationFn: async () => {
      for (const { id } of blocks) await liftBlock(id, reason.trim());
    },
    onSuccess: () => {
      const said = blocks.length === 1 && first ? blocklist.lifted(first.written) : blocklist.liftedMany(blocks.length);
      undo(said, () => blockAgain(blocks));
      done();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!lifting.isPending) lifting.mutate();
  };
  const title = `${blocklist.lift}: ${blocks.map(({ written }) => written).join(", ")}`;
  return (
    <Modal title={title} description={blocklist.liftHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={blocklist.liftReason} value={reason} change={setReason} maxLength={300} autoComplete="off" required />
        <FormProblem error={lifting.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="danger" disabled={lifting.isPending}>
            {blocklist.lift}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
