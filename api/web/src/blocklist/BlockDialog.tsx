import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { block as blockQuery, changeBlock } from "../api/blocklist";
import { fieldProblem } from "../api/problem";
import type { Block } from "../api/schema.gen";
import { may } from "../api/session";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { LocalTimeField, useWallTime } from "../ui/LocalTimeField";
import { Modal } from "../ui/Modal";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TextField } from "../ui/TextField";
import { siteInstant } from "../ui/siteInstant";
import { useUndo } from "../ui/useUndo";
import { LiftDialog } from "./LiftDialog";
import { useBlocklistChanged } from "./useBlocklistChanged";

/** One block: corrected, lifted, or read where it is over. */
export function BlockDialog({ id, close }: { id: string; close: () => void }) {
  const messages = useMessages();
  const { data, error, refetch } = useQuery(blockQuery(id));
  const [isLifting, setLifting] = useState(false);
  if (isLifting && data) return <LiftDialog blocks={[data]} close={() => setLifting(false)} done={close} />;
  return (
    <Modal title={data?.written ?? messages.screens.blocklist} isOpen close={close}>
      {data ? (
        <BlockForm key={data.id} block={data} lift={() => setLifting(true)} close={close} />
      ) : error ? (
        <ProblemPanel error={error} retry={() => void refetch()} />
      ) : (
        <p className="text-soft">{messages.loading}</p>
      )}
    </Modal>
  );
}

function BlockForm({ block, lift, close }: { block: Block; lift: () => void; close: () => void }) {
  const { blocklist, ...messages } = useMessages();
  const { site } = useSite();
  const wall = useWallTime();
  const [reason, setReason] = useState(block.reason);
  const [until, setUntil] = useState(wall(block.until));
  const again = useBlocklistChanged();
  const undo = useUndo(again);
  const saving = useMutation({
    mutationFn: () => changeBlock(block.id, { reason: reason.trim(), until: siteInstant(until, site.time_zone) }),
    onSuccess: () => {
      const before = { reason: block.reason, until: block.until ?? null };
      undo(blocklist.changed(block.written), () => changeBlock(block.id, before));
      close();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const problem = (field: string) => fieldProblem(saving.error, field);
  const isChanged = reason.trim() !== block.reason || until !== wall(block.until);
  const mayWrite = may(site, "blocklist:write") && !block.lifted;
  return (
    <form onSubmit={submit} className="grid gap-4">
      {block.inside && (
        <p className="rounded-control bg-deny-ground px-3 py-2 text-deny">
          {blocklist.inside}:{" "}
          <Link to="/stays/$id" params={{ id: block.inside }} className="font-medium underline">
            {blocklist.lookAtStay}
          </Link>
        </p>
      )}
      <p className="text-small text-soft">
        {block.added.by} <Time at={block.added.at} />
      </p>
      {block.lifted && (
        <p>
          {blocklist.liftedBy(block.lifted.by ?? "")} <Time at={block.lifted.at} className="text-small text-soft" />: {block.lifted.reason}
        </p>
      )}
      {mayWrite ? (
        <>
          <TextField label={blocklist.reason} value={reason} change={setReason} maxLength={300} autoComplete="off" required problem={problem("reason")} />
          <LocalTimeField label={blocklist.until} hint={blocklist.untilHint} value={until} change={setUntil} problem={problem("until")} />
          <FormProblem error={problem("reason") ?? problem("until") ? null : saving.error} />
          <div className="flex flex-wrap justify-end gap-2">
            <Button look="danger" className="mr-auto" onClick={lift}>
              {blocklist.lift}
            </Button>
            <Button onClick={close}>{messages.cancel}</Button>
            <Button type="submit" look="main" disabled={saving.isPending || !isChanged}>
              {messages.save}
            </Button>
          </div>
        </>
      ) : (
        <p className="wrap-anywhere">{block.reason}</p>
      )}
    </form>
  );
}
