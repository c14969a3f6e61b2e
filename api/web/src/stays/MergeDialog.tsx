import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OneStay } from "../api/schema.gen";
import { exitsWithoutEntry, mergeStay } from "../api/stays";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { useStayAct } from "./useStayAct";

/** The exit that belongs to this entry, chosen among those of which no entry is known. */
export function MergeDialog({ stay, close }: { stay: OneStay; close: () => void }) {
  const { correction, ...messages } = useMessages();
  const { site } = useSite();
  const [other, setOther] = useState("");
  const [reason, setReason] = useState("");
  const { data, error } = useQuery(exitsWithoutEntry(site.id));
  const done = useStayAct(stay.id, correction.merged, close);
  const merging = useMutation({ mutationFn: () => mergeStay(stay.id, other, reason), onSuccess: done });
  const exits = data?.filter(({ exited_at: at }) => at && stay.entered_at && at > stay.entered_at) ?? [];
  return (
    <Modal title={correction.acts.merge} description={correction.mergeHint} isOpen close={close}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!merging.isPending) merging.mutate();
        }}
      >
        <FormProblem error={error} />
        {data && exits.length === 0 && <EmptyState title={correction.noExits}>{correction.noExitsHint}</EmptyState>}
        <fieldset className="grid gap-1">
          <legend className="sr-only">{correction.exits}</legend>
          {exits.map((exit) => (
            <label key={exit.id} className="flex min-h-11 items-center gap-3 rounded-control border border-line px-3 has-checked:border-accent has-checked:bg-accent-ground">
              <input type="radio" name="other" value={exit.id} checked={other === exit.id} onChange={() => setOther(exit.id)} />
              <Plate text={exit.plate} />
              <span className="text-small text-soft">
                {exit.exited_at && <Time at={exit.exited_at} />} {exit.exit_lane}
              </span>
            </label>
          ))}
        </fieldset>
        <TextField label={correction.reason} hint={correction.reasonHint} value={reason} change={setReason} maxLength={200} required />
        <FormProblem error={merging.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={merging.isPending || !other || !reason.trim()}>
            {correction.acts.merge}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
