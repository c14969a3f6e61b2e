import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { OneTicket, VehicleType } from "../api/schema.gen";
import { issueTicket, ticketsKey } from "../api/tickets";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import { WaitingCarField, useWaitingCars } from "./WaitingCarField";

const VEHICLES = ["car", "motorcycle", "van", "truck", "bus"] as const satisfies readonly VehicleType[];

/** Gives a ticket for a car at an entry or by hand; Enter is enough. */
export function IssueDialog({ close, done }: { close: () => void; done: (ticket: OneTicket) => void }) {
  const { tickets, cancel } = useMessages();
  const { site } = useSite();
  const report = useReport();
  const queries = useQueryClient();
  const cars = useWaitingCars("entry");
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const arrival = chosen === undefined ? (cars[0]?.last?.arrival ?? null) : chosen;
  const [plate, setPlate] = useState("");
  const [vehicle, setVehicle] = useState<VehicleType>("car");
  const giving = useMutation({
    mutationFn: () =>
      issueTicket({
        ...(arrival ? { arrival } : { site: site.id }),
        ...(plate.trim() ? { plate: plate.trim() } : {}),
        vehicle_type: vehicle,
      }),
    onSuccess: (ticket) => {
      toasts.add({ title: tickets.given(ticket.number) });
      done(ticket);
    },
    onError: report,
    onSettled: () => void queries.invalidateQueries({ queryKey: ticketsKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!giving.isPending) giving.mutate();
  };
  return (
    <Modal title={tickets.issue} description={tickets.issueHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={tickets.plate} value={plate} change={setPlate} maxLength={20} autoComplete="off" autoCapitalize="characters" />
        <WaitingCarField cars={cars} arrival={arrival} choose={setChosen} />
        <SelectField label={tickets.vehicle} value={vehicle} change={(value) => setVehicle(value as VehicleType)}>
          {VEHICLES.map((one) => (
            <option key={one} value={one}>
              {tickets.vehicles[one]}
            </option>
          ))}
        </SelectField>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{cancel}</Button>
          <Button type="submit" look="main" disabled={giving.isPending}>
            {tickets.issue}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
