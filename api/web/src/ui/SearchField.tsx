import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

const PAUSE = 200;

interface Props {
  label: string;
  hint: string;
  text: string;
  search: (text: string) => void;
}

/** Searches as one types. */
export function SearchField({ label, hint, text, search }: Props) {
  const [typed, setTyped] = useState(text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (now: string) => {
    setTyped(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(now.trim()), PAUSE);
  };
  return (
    <label className="grid w-full min-w-0 gap-1 font-medium tablet:w-72">
      {label}
      <span className="relative block">
        <Search aria-hidden size={17} className="absolute top-1/2 left-3 -translate-y-1/2 text-soft" />
        <input
          type="search"
          value={typed}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          placeholder={hint}
          autoComplete="off"
          spellCheck={false}
          className="min-h-11 w-full rounded-control border border-strong-line bg-card pr-3 pl-9 font-normal"
        />
      </span>
    </label>
  );
}
