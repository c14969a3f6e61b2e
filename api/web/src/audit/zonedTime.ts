// Times as a site's clock shows them, `2026-11-30T08:00`, and the instants they are. Pure.

/** The site's wall clock at an instant, to the minute. */
export function wallTime(instant: number, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  const text = new Date(instant).toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  return text.replace(" ", "T");
}

/** The instant at which the site's clock shows it; the earlier one where it does so twice. Null for what is no time. */
export function instantOf(wall: string, timeZone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(wall)) return null;
  const asUtc = Date.parse(`${wall}:00Z`);
  if (Number.isNaN(asUtc)) return null;
  const offsetAt = (instant: number) => Date.parse(`${wallTime(instant, timeZone)}:00Z`) - instant;
  const DAY = 86_400_000;
  const offsets = [offsetAt(asUtc - DAY), offsetAt(asUtc + DAY)];
  const fitting = offsets.map((offset) => asUtc - offset).filter((instant) => wallTime(instant, timeZone) === wall);
  // A time that was skipped by the clocks is the one an hour later.
  return fitting.length > 0 ? Math.min(...fitting) : asUtc - Math.min(...offsets);
}
