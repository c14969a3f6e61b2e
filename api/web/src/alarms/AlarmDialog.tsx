import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { alarm as alarmQuery, alarmsKey, closeAlarm } from "../api/alarms";
import { isStatus } from "../api/problem";
import type { AlarmDetail } from "../api/schema.gen";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { AlarmHistory } from "./AlarmHistory";
import { useAlarmText } from "./useAlarmText";
import { useTakeAlarm } from "./useTakeAlarm";

const LONGEST_NOTE = 500;

/** One alarm with its history; it is taken, and closed with a note. */
export function AlarmDialog({ id, close }: { id: string; close: () => void }) {
  const { alarms, ...messages } = useMessages();
  const { site } = useSite();
  const text = useAlarmText();
  const { data, error } = useQuery(alarmQuery(id));
  const title = data ? text(data) : alarms.title;
  const where = data?.lane ? data.lane.name || data.lane.code : undefined;
  return (
    <Modal title={title} description={where} isOpen close={close}>
      {!data && !error && <p className="text-soft">{messages.loading}</p>}
      {!data && error && (isStatus(error, 404) ? <p>{alarms.gone}</p> : <FormProblem error={error} />)}
      {data && (
        <div className="grid gap-5">
          <AlarmHistory history={data.history} />
          {data.state !== "closed" && may(site, "alarms:settle") && <Settle alarm={data} close={close} />}
        </div>
      )}
    </Modal>
  );
}

function Settle({ alarm, close }: { alarm: AlarmDetail; close: () => void }) {
  const { alarms } = useMessages();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const taking = useTakeAlarm();
  const closing = useMutation({
    mutationFn: () => closeAlarm(alarm.id, note.trim()),
    onSuccess: () => {
      toasts.add({ title: alarms.closed });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: alarmsKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!closing.isPending) closing.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-4 border-t border-line pt-4">
      <TextField label={alarms.note} hint={alarms.closeHint} value={note} change={setNote} maxLength={LONGEST_NOTE} autoComplete="off" required />
      <FormProblem error={closing.error} />
      <div className="flex flex-wrap justify-end gap-2">
        {alarm.state === "open" && (
          <Button disabled={taking.isPending} onClick={() => taking.mutate(alarm.id)}>
            {alarms.take}
          </Button>
        )}
        <Button type="submit" look="main" disabled={closing.isPending || note.trim() === ""}>
          {alarms.close}
        </Button>
      </div>
    </form>
  );
}
