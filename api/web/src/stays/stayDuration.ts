import type { Stay } from "../api/schema.gen";

/** How long a stay lasted, or has lasted; null where its beginning is not known. */
export function stayDuration({ entered_at, exited_at, status }: Stay, now: number): number | null {
  if (!entered_at) return null;
  if (!exited_at && status !== "open") return null;
  return (exited_at ? Date.parse(exited_at) : now) - Date.parse(entered_at);
}
