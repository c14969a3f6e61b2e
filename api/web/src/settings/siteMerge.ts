// Two people changed one site: what of it is agreed, and what one of them has to choose. Pure.

/** What of a site can be changed here. */
export interface SiteFields {
  name: string;
  time_zone: string;
}

export const SITE_FIELDS = ["name", "time_zone"] as const;
export type SiteField = (typeof SITE_FIELDS)[number];

export function fieldsOf({ name, time_zone }: SiteFields): SiteFields {
  return { name, time_zone };
}

/** What differs; null where nothing does. */
export function changesOf(before: SiteFields, after: SiteFields): Partial<SiteFields> | null {
  const changed = SITE_FIELDS.filter((field) => before[field] !== after[field]);
  return changed.length > 0 ? Object.fromEntries(changed.map((field) => [field, after[field]])) : null;
}

/** What `theirs` changed since `base` and I left alone is theirs; what only I changed is mine; else I have to choose. */
export function merge(base: SiteFields, mine: SiteFields, theirs: SiteFields): { merged: SiteFields; conflicts: SiteField[] } {
  const isMine = (field: SiteField) => mine[field] !== base[field];
  const merged = fieldsOf(theirs);
  for (const field of SITE_FIELDS) if (isMine(field)) merged[field] = mine[field];
  const conflicts = SITE_FIELDS.filter(
    (field) => isMine(field) && theirs[field] !== base[field] && theirs[field] !== mine[field],
  );
  return { merged, conflicts };
}
