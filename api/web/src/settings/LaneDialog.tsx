import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import type { Versioned } from "../api/client";
import { changeLane, fetchLane, oneLane, lanesKey } from "../api/lanes";
import { fieldProblem } from "../api/problem";
import type { Lane, LaneDirection } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { ConflictPanel } from "./ConflictPanel";
import { DirectionField } from "./DirectionField";
import { useVersionedForm } from "./useVersionedForm";

interface LaneFields extends Readonly<Record<string, string>> {
  name: string;
  direction: LaneDirection;
}

function laneFields({ name, code, direction }: Lane): LaneFields {
  return { name: name || code, direction };
}

/** One lane and what of it can be changed. */
export function LaneDialog({ id, close }: { id: string; close: () => void }) {
  const { settings, ...messages } = useMessages();
  const { data, error } = useQuery(oneLane(id));
  return (
    <Modal title={data ? data.value.name || data.value.code : settings.lanes.title} description={settings.lanes.changeHint} isOpen close={close}>
      {data && <LaneForm read={data} close={close} />}
      {!data && (error ? <FormProblem error={error} /> : <p className="text-soft">{messages.loading}</p>)}
    </Modal>
  );
}

function LaneForm({ read, close }: { read: Versioned<Lane>; close: () => void }) {
  const { settings, ...messages } = useMessages();
  const queries = useQueryClient();
  const { id } = read.value;
  const form = useVersionedForm({
    first: read,
    fieldsOf: laneFields,
    save: (etag, changes) => changeLane(id, etag, changes),
    read: () => fetchLane(id),
    saved: (lane) => {
      toasts.add({ title: settings.sites.saved(lane.name || lane.code) });
      void queries.invalidateQueries({ queryKey: lanesKey });
      close();
    },
  });
  const { base, mine, theirs, change, error } = form;
  if (theirs) {
    const names = { name: settings.lanes.name, direction: settings.lanes.direction };
    return <ConflictPanel names={names} base={base} mine={mine} theirs={theirs} settle={form.settle} />;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    form.submit();
  };
  const wrongName = fieldProblem(error, "name");
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField
        label={settings.lanes.name}
        value={mine.name}
        change={(name) => change({ name })}
        maxLength={100}
        autoComplete="off"
        required
        problem={wrongName}
      />
      <DirectionField value={mine.direction} change={(direction) => change({ direction })} />
      <FormProblem error={wrongName ? null : error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={form.isPending || !form.isChanged}>
          {messages.save}
        </Button>
      </div>
    </form>
  );
}
