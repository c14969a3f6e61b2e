import { Link } from "@tanstack/react-router";
import { Printer } from "lucide-react";
import type { Ticket, TicketState } from "../api/schema.gen";
import { TICKET_FORMATS, ticketAddress } from "../api/tickets";
import { Time } from "../clock/Time";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { TableFrame } from "../ui/TableFrame";
import { CELL } from "../ui/tableCells";

const TONES: Record<TicketState, "plain" | "good" | "warn" | "bad"> = {
  waiting: "plain",
  inside: "warn",
  settled: "good",
  left: "plain",
  voided: "bad",
};

interface Props {
  tickets: readonly Ticket[];
  mayIssue: boolean;
  exit: (number: string) => void;
}

/** One ticket a row, with what can be done with it. */
export function TicketTable({ tickets: rows, mayIssue, exit }: Props) {
  const { tickets } = useMessages();
  const heads = [tickets.number, tickets.plate, tickets.state, tickets.issued, tickets.print];
  return (
    <TableFrame label={tickets.title}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {heads.map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((ticket) => (
            <tr key={ticket.id} data-ticket={ticket.number} className="h-(--row) border-b border-line last:border-0 hover:bg-raised">
              <td className={`${CELL} font-plate whitespace-nowrap`}>
                {ticket.stay ? (
                  <Link to="/stays/$id" params={{ id: ticket.stay }} aria-label={`${ticket.number}: ${tickets.stay}`} className="inline-flex min-h-11 items-center text-accent underline">
                    {ticket.number}
                  </Link>
                ) : (
                  ticket.number
                )}
              </td>
              <td className={CELL}>
                <Plate text={ticket.plate} />
              </td>
              <td className={CELL}>
                <span className="flex flex-wrap items-center gap-2">
                  <Badge tone={TONES[ticket.state]}>{tickets.states[ticket.state]}</Badge>
                  {ticket.kind === "lost" && <Badge>{tickets.kinds.lost}</Badge>}
                  {mayIssue && ticket.state === "inside" && <Button onClick={() => exit(ticket.number)}>{tickets.exit}</Button>}
                </span>
              </td>
              <td className={CELL}>
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <Time at={ticket.issued_at} />
                  <span className="text-small text-soft">{tickets.by(ticket.issued_by)}</span>
                </span>
              </td>
              <td className={CELL}>
                <TicketPrints number={ticket.number} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function TicketPrints({ number }: { number: string }) {
  const { tickets } = useMessages();
  return (
    <span className="flex items-center gap-1">
      <Printer aria-hidden size={17} className="text-soft" />
      {TICKET_FORMATS.map((format) => (
        <a
          key={format}
          href={ticketAddress(number, format)}
          target="_blank"
          rel="noreferrer"
          aria-label={`${number}: ${tickets.printAs(tickets.formats[format])}`}
          className="inline-flex min-h-11 min-w-11 items-center justify-center text-small whitespace-nowrap text-accent underline"
        >
          {tickets.formats[format]}
        </a>
      ))}
    </span>
  );
}
