interface Props<T extends string> {
  label: string;
  tabs: readonly T[];
  names: Record<T, string>;
  chosen: T;
  choose: (tab: T) => void;
}

/** Views of one screen, side by side. */
export function Tabs<T extends string>({ label, tabs, names, chosen, choose }: Props<T>) {
  return (
    <nav aria-label={label} className="flex flex-wrap gap-1 border-b border-line">
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          aria-current={tab === chosen ? "page" : undefined}
          onClick={() => choose(tab)}
          className={`-mb-px flex min-h-11 items-center border-b-2 px-3 ${
            tab === chosen ? "border-accent font-semibold" : "border-transparent text-soft hover:text-ink"
          }`}
        >
          {names[tab]}
        </button>
      ))}
    </nav>
  );
}
