import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { MODES, lanesKey, setLaneMode, setSiteMode } from "../api/lanes";
import { fieldProblem, isCode } from "../api/problem";
import type { Lane, LaneMode } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { CheckField } from "../ui/CheckField";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { RadioField } from "../ui/RadioField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { useNow } from "../ui/useNow";
import { instantOf, wallTime } from "../ui/zonedTime";

const LONGEST_REASON = 300;

/** What a lane, or every lane of its site, is for from now on. */
export function ModeDialog({ lane, close }: { lane: Lane; close: () => void }) {
  const { modes, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const name = lane.name || lane.code;
  const [mode, setMode] = useState<LaneMode>(lane.wanted.mode);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [isForAll, setIsForAll] = useState(false);
  const now = useNow();
  const end = until ? instantOf(until, site.time_zone) : null;
  const setting = useMutation({
    mutationFn: () => {
      const wanted = { mode, reason: reason.trim(), until: end === null ? null : new Date(end).toISOString() };
      return isForAll ? setSiteMode(site.id, wanted) : setLaneMode(lane.id, wanted);
    },
    onSuccess: () => {
      toasts.add({ title: modes.asked(isForAll ? site.name : name, modes.names[mode]) });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: lanesKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!setting.isPending) setting.mutate();
  };
  const wrongEnd = fieldProblem(setting.error, "until");
  return (
    <Modal title={modes.title(name)} description={modes.hint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <fieldset>
          <legend className="sr-only">{modes.title(name)}</legend>
          {MODES.map((one) => (
            <RadioField key={one} name="mode" isChecked={mode === one} choose={() => setMode(one)} hint={modes.hints[one]}>
              {modes.names[one]}
            </RadioField>
          ))}
        </fieldset>
        <TextField label={messages.order.reason} value={reason} change={setReason} maxLength={LONGEST_REASON} autoComplete="off" required />
        {mode !== "open" && (
          <TextField
            label={modes.until}
            hint={modes.untilHint}
            type="datetime-local"
            min={wallTime(now, site.time_zone)}
            value={until}
            change={setUntil}
            problem={wrongEnd}
          />
        )}
        <CheckField isChecked={isForAll} change={setIsForAll} hint={modes.forAllHint(site.name)}>
          {modes.forAll}
        </CheckField>
        <FormProblem error={wrongEnd ? null : setting.error} />
        {isCode(setting.error, "HOLD-ALL-NEEDED") && <p className="text-small">{modes.holdAllInstead}</p>}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={setting.isPending || reason.trim() === ""}>
            {modes.set}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
