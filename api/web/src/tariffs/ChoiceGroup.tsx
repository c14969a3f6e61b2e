interface Props<T extends string> {
  label: string;
  hint: string;
  all: readonly T[];
  names: Readonly<Record<T, string>>;
  chosen: readonly T[];
  change: (chosen: T[]) => void;
  problem?: string | null;
}

/** Some of several, none meaning all. */
export function ChoiceGroup<T extends string>({ label, hint, all, names, chosen, change, problem = null }: Props<T>) {
  const set = (one: T, isChosen: boolean) => change(all.filter((other) => (other === one ? isChosen : chosen.includes(other))));
  return (
    <fieldset className="min-w-0">
      <legend className="font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-1">
        {all.map((one) => (
          <label key={one} className="inline-flex min-h-11 items-center gap-2 rounded-control px-2 hover:bg-card">
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={(event) => set(one, event.target.checked)}
              className="size-5 accent-accent"
            />
            {names[one]}
          </label>
        ))}
      </div>
      <p className={`text-small ${problem ? "font-medium text-deny" : "text-soft"}`}>{problem ?? hint}</p>
    </fieldset>
  );
}
