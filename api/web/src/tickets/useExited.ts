import { useQueryClient } from "@tanstack/react-query";
import { lanesKey } from "../api/lanes";
import type { TicketExit } from "../api/schema.gen";
import { staysKey } from "../api/stays";
import { ticketsKey } from "../api/tickets";
import { useMessages } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { toasts } from "../ui/toastManager";

/** Says what became of a ticket at the exit, and asks again for what it changed. */
export function useExited() {
  const { tickets } = useMessages();
  const money = useMoney();
  const queries = useQueryClient();
  const say = ({ ticket, opens, amount, outcome, text }: TicketExit) => {
    const { done } = tickets;
    if (opens) toasts.add({ title: done.opens(ticket.number, opens) });
    else if (amount) toasts.add({ title: done.asked(ticket.number, money(amount)) });
    else if (outcome === "deny") toasts.add({ title: done.refused(ticket.number, text ?? "") });
    else toasts.add({ title: done.over(ticket.number) });
  };
  const refresh = () => {
    for (const queryKey of [ticketsKey, lanesKey, staysKey]) void queries.invalidateQueries({ queryKey });
  };
  return { say, refresh };
}
