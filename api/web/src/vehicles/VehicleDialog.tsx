import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import type { FormEvent } from "react";
import type { Versioned } from "../api/client";
import type { Vehicle } from "../api/schema.gen";
import { may } from "../api/session";
import { addVehicle, changeVehicle, fetchVehicle, oneVehicle, removeVehicle, vehiclesKey } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { ConflictPanel } from "../settings/ConflictPanel";
import { useVersionedForm } from "../settings/useVersionedForm";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { toasts } from "../ui/toastManager";
import { VehicleFields } from "./VehicleFields";
import { VehicleHistory } from "./VehicleHistory";
import { bodyOf, changeOf, draftOf } from "./vehicleDraft";

/** One vehicle: what is known of it, and where it was. */
export function VehicleDialog({ plate, close }: { plate: string; close: () => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const { data, error } = useQuery(oneVehicle(site.id, plate));
  return (
    <Modal title={data?.value.plate_typed ?? plate} description={vehicles.changeHint} isOpen close={close}>
      {data && (
        <div className="grid gap-6">
          <VehicleForm read={data} close={close} />
          {may(site, "stays:read") && <VehicleHistory plate={data.value.plate} />}
        </div>
      )}
      {!data && (error ? <FormProblem error={error} /> : <p className="text-soft">{messages.loading}</p>)}
    </Modal>
  );
}

function VehicleForm({ read, close }: { read: Versioned<Vehicle>; close: () => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: vehiclesKey });
  const { id } = read.value;
  const form = useVersionedForm({
    first: read,
    fieldsOf: draftOf,
    save: (etag, changes) => changeVehicle(site.id, id, etag, changeOf(changes)),
    read: () => fetchVehicle(site.id, id),
    saved: (vehicle) => {
      toasts.add({ title: vehicles.saved(vehicle.plate_typed) });
      refresh();
      close();
    },
  });
  const removing = useRemoval(form.value, () => {
    refresh();
    close();
  });
  const mayWrite = may(site, "vehicles:write");
  const { base, mine, theirs, change, error } = form;
  if (theirs) {
    const { plate, country, type, contact, phone, owner, notes } = vehicles;
    const names = { plate, country, vehicle_type: type, contact_name: contact, phone, owner, notes };
    return <ConflictPanel names={names} base={base} mine={mine} theirs={theirs} settle={form.settle} />;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    form.submit();
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <fieldset disabled={!mayWrite} className="grid gap-4">
        <VehicleFields draft={mine} change={change} error={error} />
      </fieldset>
      <FormProblem error={error ?? removing.error} />
      {mayWrite && (
        <div className="flex flex-wrap justify-end gap-2">
          <Button className="mr-auto" disabled={removing.isPending} onClick={() => removing.mutate()}>
            <Trash2 aria-hidden size={18} />
            {vehicles.remove}
          </Button>
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={form.isPending || !form.isChanged}>
            {messages.save}
          </Button>
        </div>
      )}
    </form>
  );
}

/** Removes at once, and offers to bring it back. */
function useRemoval(vehicle: Vehicle, done: () => void) {
  const { vehicles, undo } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const bringBack = async () => {
    await addVehicle({ site: site.id, ...bodyOf(draftOf(vehicle)) });
    toasts.add({ title: vehicles.broughtBack(vehicle.plate_typed) });
    void queries.invalidateQueries({ queryKey: vehiclesKey });
  };
  return useMutation({
    mutationFn: () => removeVehicle(site.id, vehicle.id),
    onSuccess: () => {
      toasts.add({
        title: vehicles.removed(vehicle.plate_typed),
        timeout: 15_000,
        actionProps: { children: undo, onClick: () => void bringBack() },
      });
      done();
    },
  });
}
