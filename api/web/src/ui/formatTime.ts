// Times as the site's clocks show them.

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY: Intl.DateTimeFormatOptions = { day: "2-digit", month: "2-digit" };

function dayOf(at: Date, timeZone: string): string {
  return at.toLocaleDateString("en-CA", { timeZone });
}

/** The time of day at the site; with its date where that is not today. */
export function formatTime(at: string | number, timeZone: string, language: string, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(language, { ...TIME, timeZone });
  if (dayOf(date, timeZone) === dayOf(new Date(now), timeZone)) return time;
  return `${date.toLocaleDateString(language, { ...DAY, timeZone })} ${time}`;
}

/** The zone's short name, where the viewer's clock shows another time; else nothing. */
export function zoneNote(timeZone: string, language: string, now: number): string | null {
  const here = new Date(now).toLocaleString("en-CA", { hourCycle: "h23" });
  const there = new Date(now).toLocaleString("en-CA", { hourCycle: "h23", timeZone });
  if (here === there) return null;
  const parts = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: "short" }).formatToParts(now);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length of time by its two largest units: `1 h 5 min`. */
export function formatDuration(milliseconds: number, language: string): string {
  let rest = Math.max(0, Math.floor(milliseconds / 1000));
  const found = UNITS.findIndex(([, seconds]) => rest >= seconds);
  const first = found < 0 ? UNITS.length - 1 : found;
  const parts = UNITS.slice(first, first + 2).map(([unit, seconds]) => {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    return { unit, count };
  });
  const shown = parts.filter(({ count }, index) => index === 0 || count > 0);
  return shown
    .map(({ unit, count }) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count))
    .join(" ");
}
