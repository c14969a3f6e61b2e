import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";

const PAUSE = 150;

/** Searches as one types; a scanner types a whole number and Enter. */
export function TicketSearch({ q, search, pick }: { q: string; search: (q: string) => void; pick: () => void }) {
  const { tickets } = useMessages();
  const [text, setText] = useState(q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(typed.trim()), PAUSE);
  };
  return (
    <label className="grid min-w-0 flex-1 gap-1 text-small font-medium tablet:flex-none">
      {tickets.find}
      <span className="relative block tablet:w-64">
        <Search aria-hidden size={17} className="absolute top-1/2 left-3 -translate-y-1/2 text-soft" />
        <input
          type="search"
          value={text}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key === "Enter") pick();
          }}
          placeholder={tickets.findHint}
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          className="min-h-11 w-full rounded-control border border-strong-line bg-card pr-3 pl-9 text-base font-normal"
        />
      </span>
    </label>
  );
}
