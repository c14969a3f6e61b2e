// The stays that are shown, as a file for a spreadsheet (RFC 4180). Pure.
import type { Stay } from "../api/schema.gen";
import { amountText } from "../money/formatMoney";

const COLUMNS = ["id", "plate", "state", "entered_at", "entry_lane", "exited_at", "exit_lane", "charged", "paid", "note"] as const;

/** A text that begins so is a formula to a spreadsheet; a quote before it makes it one no more. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function row(stay: Stay): string {
  const { id, plate, status, entered_at, entry_lane, exited_at, exit_lane, charged, paid, note } = stay;
  const values = [id, plate, status, entered_at, entry_lane, exited_at, exit_lane, amountText(charged), amountText(paid), note];
  return values.map((value) => cell(value ?? "")).join(",");
}

export function staysCsv(stays: readonly Stay[]): string {
  return [COLUMNS.join(","), ...stays.map(row), ""].join("\r\n");
}
