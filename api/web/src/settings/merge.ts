// Two people changed one thing: what of it is agreed, and what one of them has to choose. Pure.

/** What can be changed, each field as it is typed. */
export type Fields = Readonly<Record<string, string>>;

type Name<F extends Fields> = keyof F & string;

export function namesOf<F extends Fields>(fields: F): Name<F>[] {
  return Object.keys(fields);
}

/** What differs; null where nothing does. */
export function changesOf<F extends Fields>(before: F, after: F): Partial<F> | null {
  const changed = namesOf(after).filter((field) => before[field] !== after[field]);
  return changed.length > 0 ? (Object.fromEntries(changed.map((field) => [field, after[field]])) as Partial<F>) : null;
}

/** What `theirs` changed since `base` and I left alone is theirs; what only I changed is mine; else I have to choose. */
export function merge<F extends Fields>(base: F, mine: F, theirs: F): { merged: F; conflicts: Name<F>[] } {
  const merged = { ...theirs, ...changesOf(base, mine) };
  const conflicts = namesOf(mine).filter(
    (field) => mine[field] !== base[field] && theirs[field] !== base[field] && theirs[field] !== mine[field],
  );
  return { merged, conflicts };
}
