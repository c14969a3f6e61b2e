import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addBlock, liftBlock } from "../api/blocklist";
import { fieldProblem } from "../api/problem";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { LocalTimeField } from "../ui/LocalTimeField";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { siteInstant } from "../ui/siteInstant";
import { useUndo } from "../ui/useUndo";
import { useBlocklistChanged } from "./useBlocklistChanged";

/** Blocks a plate, with a reason. */
export function AddBlockDialog({ close }: { close: () => void }) {
  const { blocklist, ...messages } = useMessages();
  const { site } = useSite();
  const [plate, setPlate] = useState("");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const again = useBlocklistChanged();
  const undo = useUndo(again);
  const adding = useMutation({
    mutationFn: () => {
      const end = siteInstant(until, site.time_zone);
      return addBlock({ site: site.id, plate: plate.trim(), reason: reason.trim(), ...(end ? { until: end } : {}) });
    },
    onSuccess: (made) => {
      undo(blocklist.blocked(made.written), () => liftBlock(made.id, messages.undo));
      close();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!adding.isPending) adding.mutate();
  };
  const problem = (field: string) => fieldProblem(adding.error, field);
  const isNamed = ["plate", "reason", "until"].some((field) => problem(field) !== null);
  return (
    <Modal title={blocklist.add} description={blocklist.addHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField
          label={blocklist.plate}
          value={plate}
          change={setPlate}
          maxLength={64}
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          required
          problem={problem("plate")}
        />
        <TextField
          label={blocklist.reason}
          hint={blocklist.reasonHint}
          value={reason}
          change={setReason}
          maxLength={300}
          autoComplete="off"
          required
          problem={problem("reason")}
        />
        <LocalTimeField label={blocklist.until} hint={blocklist.untilHint} value={until} change={setUntil} problem={problem("until")} />
        <FormProblem error={isNamed ? null : adding.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={adding.isPending}>
            {blocklist.block}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
