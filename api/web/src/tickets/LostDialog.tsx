import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { LostTicket } from "../api/schema.gen";
import { may } from "../api/session";
import { loseTicket } from "../api/tickets";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { useReport } from "../ui/useReport";
import { WaitingCarField, useWaitingCars } from "./WaitingCarField";
import { useExited } from "./useExited";

/** A driver has lost the ticket: the tariff's price for that is asked for at the lane, or taken here. */
export function LostDialog({ close }: { close: () => void }) {
  const { tickets, cancel } = useMessages();
  const { site } = useSite();
  const report = useReport();
  const { say, refresh } = useExited();
  const cars = useWaitingCars("exit");
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const arrival = chosen === undefined ? (cars[0]?.last?.arrival ?? null) : chosen;
  const [plate, setPlate] = useState("");
  const canTake = may(site, "payments:take");
  const losing = useMutation({
    mutationFn: () => {
      const body: LostTicket = {
        ...(arrival ? { arrival } : { site: site.id }),
        ...(plate.trim() ? { plate: plate.trim() } : {}),
        ...(arrival ? {} : { payment: { method: "cash" } }),
      };
      return loseTicket(body);
    },
    onSuccess: (exited) => {
      say(exited);
      close();
    },
    onError: report,
    onSettled: refresh,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!losing.isPending) losing.mutate();
  };
  const isStuck = !arrival && !canTake;
  return (
    <Modal title={tickets.lost} description={tickets.lostHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={tickets.plate} value={plate} change={setPlate} maxLength={20} autoComplete="off" autoCapitalize="characters" />
        <WaitingCarField cars={cars} arrival={arrival} choose={setChosen} />
        {isStuck && <p className="text-deny">{tickets.mustBePaid}</p>}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{cancel}</Button>
          <Button type="submit" look="main" disabled={losing.isPending || isStuck}>
            {tickets.lost}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
