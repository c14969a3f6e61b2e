import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { SubscribedVehicle, SubscriptionDetail, VehiclesChange } from "../api/schema.gen";
import { changeVehicles } from "../api/subscriptions";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { TextField } from "../ui/TextField";
import { useUndo } from "../ui/useUndo";
import { platesOf } from "./termsDraft";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

interface Change {
  said: string;
  change: VehiclesChange;
  undo: VehiclesChange;
}

/** The vehicles, which of them are inside and take a place, and another plate for one. */
export function VehicleList({ subscription, mayWrite }: { subscription: SubscriptionDetail; mayWrite: boolean }) {
  const { subscriptions } = useMessages();
  const [added, setAdded] = useState("");
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const changing = useMutation({
    mutationFn: ({ change }: Change) => changeVehicles(subscription.id, change),
    onSuccess: (_, { said, undo: back }) => {
      setAdded("");
      undo(said, () => changeVehicles(subscription.id, back));
    },
    onSettled: again,
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    const plates = platesOf(added);
    if (plates.length > 0) {
      changing.mutate({ said: subscriptions.plateAdded(plates.join(", ")), change: { add: plates }, undo: { remove: plates } });
    }
  };
  const swap = (before: string, after: string) =>
    changing.mutate({
      said: subscriptions.plateChanged(before, after),
      change: { add: [after], remove: [before] },
      undo: { add: [before], remove: [after] },
    });
  const remove = (plate: string) =>
    changing.mutate({ said: subscriptions.plateRemoved(plate), change: { remove: [plate] }, undo: { add: [plate] } });
  const wrongPlate = fieldProblem(changing.error, "add");
  return (
    <section className="grid gap-2">
      <h3 className="font-semibold">
        {subscriptions.vehicles}: {subscription.vehicles.length}
      </h3>
      <ul className="grid gap-1" data-vehicles>
        {subscription.vehicles.map((vehicle) => (
          <VehicleRow key={vehicle.plate} vehicle={vehicle} mayWrite={mayWrite} isPending={changing.isPending} swap={swap} remove={remove} />
        ))}
      </ul>
      {mayWrite && (
        <form onSubmit={add} className="flex flex-wrap items-end gap-2">
          <TextField
            label={subscriptions.addPlate}
            value={added}
            change={setAdded}
            maxLength={400}
            autoCapitalize="characters"
            autoComplete="off"
            spellCheck={false}
            problem={wrongPlate}
            className="flex-1"
          />
          <Button type="submit" disabled={changing.isPending || platesOf(added).length === 0}>
            {subscriptions.addPlate}
          </Button>
        </form>
      )}
      <FormProblem error={wrongPlate ? null : changing.error} />
    </section>
  );
}

interface RowProps {
  vehicle: SubscribedVehicle;
  mayWrite: boolean;
  isPending: boolean;
  swap: (before: string, after: string) => void;
  remove: (plate: string) => void;
}

function VehicleRow({ vehicle, mayWrite, isPending, swap, remove }: RowProps) {
  const { subscriptions, ...messages } = useMessages();
  const [plate, setPlate] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (plate?.trim()) swap(vehicle.written, plate.trim());
    setPlate(null);
  };
  return (
    <li className="flex flex-wrap items-center gap-2" data-vehicle={vehicle.plate}>
      <Plate text={vehicle.written} />
      {vehicle.stay ? (
        <Link to="/stays/$id" params={{ id: vehicle.stay }} className="underline">
          <Badge tone={vehicle.takes_place ? "good" : "warn"}>
            {vehicle.takes_place ? `${subscriptions.inside}, ${subscriptions.takesPlace}` : subscriptions.asVisitor}
          </Badge>
        </Link>
      ) : (
        <span className="text-small text-soft">{subscriptions.outsideNow}</span>
      )}
      {mayWrite && plate === null && (
        <span className="ml-auto flex">
          <Button look="quiet" aria-label={`${subscriptions.changePlate}: ${vehicle.written}`} onClick={() => setPlate("")}>
            {subscriptions.changePlate}
          </Button>
          <Button
            look="quiet"
            aria-label={`${subscriptions.removePlate}: ${vehicle.written}`}
            disabled={isPending}
            onClick={() => remove(vehicle.written)}
          >
            <Trash2 aria-hidden size={18} />
          </Button>
        </span>
      )}
      {plate !== null && (
        <form onSubmit={submit} className="flex w-full flex-wrap items-end gap-2">
          <TextField
            label={subscriptions.newPlate}
            value={plate}
            change={setPlate}
            maxLength={64}
            autoCapitalize="characters"
            autoComplete="off"
            spellCheck={false}
            className="flex-1"
          />
          <Button onClick={() => setPlate(null)}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={isPending}>
            {messages.save}
          </Button>
        </form>
      )}
    </li>
  );
}
