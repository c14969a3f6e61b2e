import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { vehicleStays } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { StaysTable } from "../stays/StaysTable";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { TableFrame } from "../ui/TableFrame";
import { TextField } from "../ui/TextField";

/** Where and when a vehicle came and went; whoever looks says why. */
export function VehicleHistory({ plate }: { plate: string }) {
  const { vehicles } = useMessages();
  const { site } = useSite();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const { data, error, isFetching } = useQuery({ ...vehicleStays(site.id, plate, reason), enabled: reason !== "" });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setReason(typed.trim());
  };
  return (
    <section className="grid gap-3 border-t border-line pt-4">
      <h3 className="font-semibold">{vehicles.history}</h3>
      {!data && (
        <form onSubmit={submit} className="flex flex-wrap items-start gap-2">
          <TextField
            label={vehicles.historyReason}
            hint={vehicles.historyHint}
            value={typed}
            change={setTyped}
            maxLength={200}
            autoComplete="off"
            className="min-w-56 flex-1"
          />
          <Button type="submit" className="mt-7" disabled={!typed.trim() || isFetching}>
            {vehicles.historyShow}
          </Button>
          <FormProblem error={error} />
        </form>
      )}
      {data && data.items.length === 0 && <p className="text-soft">{vehicles.historyNone}</p>}
      {data && data.items.length > 0 && (
        <TableFrame label={vehicles.history}>
          <StaysTable stays={data.items} />
        </TableFrame>
      )}
      {data?.next_cursor && <p className="text-small text-soft">{vehicles.historyMore}</p>}
    </section>
  );
}
