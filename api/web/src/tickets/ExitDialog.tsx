import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { may } from "../api/session";
import { exitByTicket, ticket as ticketQuery } from "../api/tickets";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Money } from "../money/Money";
import { useMoney } from "../money/useMoney";
import { Button } from "../ui/Button";
import { Modal } from "../ui/Modal";
import { useReport } from "../ui/useReport";
import { WaitingCarField, useWaitingCars } from "./WaitingCarField";
import { useExited } from "./useExited";

/** A ticket is shown: what is due, and one button that takes it and lets the car out. */
export function ExitDialog({ number, close }: { number: string; close: () => void }) {
  const { tickets, cancel, loading } = useMessages();
  const { site } = useSite();
  const money = useMoney();
  const report = useReport();
  const { say, refresh } = useExited();
  const { data } = useQuery(ticketQuery(number));
  const cars = useWaitingCars("exit");
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const arrival = chosen === undefined ? (cars[0]?.last?.arrival ?? null) : chosen;
  const act = useRef<HTMLButtonElement>(null);
  const due = data?.charge?.due;
  const isDue = due !== undefined && due.minor > 0;
  const canTake = may(site, "payments:take");
  const leaving = useMutation({
    mutationFn: () =>
      exitByTicket(number, { ...(arrival ? { arrival } : {}), ...(isDue && canTake ? { payment: { method: "cash" as const } } : {}) }),
    onSuccess: (exited) => {
      say(exited);
      close();
    },
    onError: report,
    onSettled: refresh,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!leaving.isPending && data) leaving.mutate();
  };
  const isStuck = isDue && !canTake && !arrival;
  const word = isDue && canTake ? tickets.take(money(due)) : isDue ? tickets.ask : tickets.letOut;
  return (
    <Modal title={tickets.exitTitle(number)} isOpen close={close} initialFocus={act}>
      <form onSubmit={submit} className="grid gap-4">
        <p className="flex items-baseline justify-between gap-3 text-large">
          <span>{tickets.due}</span>
          {!data ? <span className="text-soft">{loading}</span> : due ? <Money amount={due} /> : <span>{tickets.noTariff}</span>}
        </p>
        {data && due && !isDue && <p className="text-soft">{tickets.nothingDue}</p>}
        <WaitingCarField cars={cars} arrival={arrival} choose={setChosen} />
        {isStuck && <p className="text-deny">{tickets.mustBePaid}</p>}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{cancel}</Button>
          <Button ref={act} type="submit" look="main" disabled={leaving.isPending || isStuck} aria-disabled={!data}>
            {word}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
