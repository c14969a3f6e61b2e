import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { OneStay, StayChange, VehicleType } from "../api/schema.gen";
import { correctStay } from "../api/stays";
import { VEHICLE_TYPES } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { instantOf, wallTime } from "../ui/zonedTime";
import { useStayAct } from "./useStayAct";

function changedTime<N extends "entered_at" | "exited_at">(name: N, wall: string, zone: string): Pick<StayChange, N> {
  const instant = instantOf(wall, zone);
  return (instant === null ? {} : { [name]: new Date(instant).toISOString() }) as Pick<StayChange, N>;
}

/** Plate, times and vehicle type of a stay, as they were. */
export function CorrectDialog({ stay, close }: { stay: OneStay; close: () => void }) {
  const { correction, vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const zone = site.time_zone;
  const first = {
    plate: stay.plate ?? "",
    type: stay.vehicle_type ?? "",
    entered: stay.entered_at ? wallTime(Date.parse(stay.entered_at), zone) : "",
    exited: stay.exited_at ? wallTime(Date.parse(stay.exited_at), zone) : "",
  };
  const [draft, setDraft] = useState(first);
  const [reason, setReason] = useState("");
  const done = useStayAct(stay.id, correction.corrected, close);
  const changed: Omit<StayChange, "reason"> = {
    ...(draft.plate === first.plate ? {} : { plate: draft.plate || null }),
    ...(draft.type === first.type || !draft.type ? {} : { vehicle_type: draft.type as VehicleType }),
    ...(draft.entered === first.entered ? {} : changedTime("entered_at", draft.entered, zone)),
    ...(draft.exited === first.exited ? {} : changedTime("exited_at", draft.exited, zone)),
  };
  const saving = useMutation({ mutationFn: () => correctStay(stay.id, { ...changed, reason }), onSuccess: done });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const set = (changes: Partial<typeof draft>) => setDraft({ ...draft, ...changes });
  return (
    <Modal title={correction.acts.correct} description={correction.correctHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid gap-4 phone:grid-cols-2">
          <TextField
            label={vehicles.plate}
            hint={correction.plateHint}
            value={draft.plate}
            change={(plate) => set({ plate })}
            problem={fieldProblem(saving.error, "plate")}
            maxLength={40}
            autoComplete="off"
          />
          <SelectField label={vehicles.type} value={draft.type} change={(type) => set({ type })}>
            {!first.type && <option value="">{vehicles.unknownType}</option>}
            {VEHICLE_TYPES.map((one) => (
              <option key={one} value={one}>
                {vehicles.types[one]}
              </option>
            ))}
          </SelectField>
          <TextField
            label={correction.entered}
            value={draft.entered}
            change={(entered) => set({ entered })}
            problem={fieldProblem(saving.error, "entered_at")}
            type="datetime-local"
          />
          <TextField
            label={correction.exited}
            hint={stay.status === "open" ? correction.exitedHint : undefined}
            value={draft.exited}
            change={(exited) => set({ exited })}
            problem={fieldProblem(saving.error, "exited_at")}
            type="datetime-local"
          />
        </div>
        <TextField label={correction.reason} hint={correction.reasonHint} value={reason} change={setReason} maxLength={200} required />
        <FormProblem error={saving.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={saving.isPending || !reason.trim() || Object.keys(changed).length === 0}>
            {messages.save}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
