// A site as it is typed, and the change that what was typed asks for. Pure.
import type { Site, SiteChange } from "../api/schema.gen";

/** What of a site can be changed here; languages by commas, the preferred one first; capacity empty where nobody counts. */
export type SiteFields = Readonly<Record<"name" | "time_zone" | "languages" | "capacity", string>>;

export function siteFields({ name, time_zone, languages, capacity }: Site): SiteFields {
  return { name, time_zone, languages: languages.join(","), capacity: capacity?.toString() ?? "" };
}

export function siteChange({ name, time_zone, languages, capacity }: Partial<SiteFields>): SiteChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(time_zone === undefined ? {} : { time_zone }),
    ...(languages === undefined ? {} : { languages: listOf(languages) }),
    ...(capacity === undefined ? {} : { capacity: capacity === "" ? null : Number(capacity) }),
  };
}

export function listOf(languages: string): string[] {
  return languages.split(",").filter(Boolean);
}
