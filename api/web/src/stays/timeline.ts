// A stay as one list of what happened, the first thing first. Pure.
import type { Decided, OneStay, Payment, StayCommand, StayReading } from "../api/schema.gen";

export type Entry = { id: string } & Happening;

type Happening =
  | { kind: "entered"; at: string; lane: string | null }
  | { kind: "decided"; at: string; decision: Decided; reading: StayReading | null }
  | { kind: "ordered"; at: string; command: StayCommand }
  | { kind: "paid"; at: string; payment: Payment }
  | { kind: "exited"; at: string; lane: string | null };

/** What comes first where two things have the same time: a decision before the passage it let through. */
const ORDER: Record<Entry["kind"], number> = { decided: 0, paid: 1, ordered: 2, entered: 3, exited: 4 };

export function timeline(stay: OneStay): Entry[] {
  const entries: Entry[] = [
    ...stay.decisions.map((decision, index): Entry => {
      const isFirst = stay.decisions.findIndex(({ arrival }) => arrival === decision.arrival) === index;
      const reading = isFirst ? (stay.readings.find(({ arrival }) => arrival === decision.arrival) ?? null) : null;
      return { id: `${decision.arrival} ${index}`, kind: "decided", at: decision.at, decision, reading };
    }),
    ...stay.commands.map((command): Entry => ({ id: command.id, kind: "ordered", at: command.at, command })),
    ...stay.payments.map((payment): Entry => ({ id: payment.id, kind: "paid", at: payment.taken_at, payment })),
  ];
  if (stay.entered_at) entries.push({ id: "entered", kind: "entered", at: stay.entered_at, lane: stay.entry_lane ?? null });
  if (stay.exited_at) entries.push({ id: "exited", kind: "exited", at: stay.exited_at, lane: stay.exit_lane ?? null });
  return entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || ORDER[a.kind] - ORDER[b.kind]);
}
