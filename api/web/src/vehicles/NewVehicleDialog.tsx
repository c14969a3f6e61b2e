import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addVehicle, vehiclesKey } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { toasts } from "../ui/toastManager";
import { VehicleFields } from "./VehicleFields";
import { EMPTY_VEHICLE, bodyOf } from "./vehicleDraft";

export function NewVehicleDialog({ close }: { close: () => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(EMPTY_VEHICLE);
  const adding = useMutation({
    mutationFn: () => addVehicle({ site: site.id, ...bodyOf(draft) }),
    onSuccess: (vehicle) => {
      toasts.add({ title: vehicles.added(vehicle.plate_typed) });
      void queries.invalidateQueries({ queryKey: vehiclesKey });
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!adding.isPending) adding.mutate();
  };
  return (
    <Modal title={vehicles.add} description={vehicles.addHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <VehicleFields draft={draft} change={(changes) => setDraft({ ...draft, ...changes } as typeof draft)} error={adding.error} />
        <FormProblem error={adding.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={adding.isPending || !draft.plate.trim()}>
            {vehicles.add}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
