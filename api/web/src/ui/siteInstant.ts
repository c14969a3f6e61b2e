import { instantOf } from "./zonedTime";

/** What a field says by the site's clock, as an instant; null where it is empty or no time. */
export function siteInstant(wall: string, timeZone: string): string | null {
  const instant = wall ? instantOf(wall, timeZone) : null;
  return instant === null ? null : new Date(instant).toISOString();
}
