import { useRouterState } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";

const PAUSE = 200;

/** Searches as one types. */
export function PlateSearch({ plate, search }: { plate: string; search: (plate: string) => void }) {
  const messages = useMessages();
  const [text, setText] = useState(plate);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const arrival = useRouterState({ select: ({ location }) => location.state });
  useEffect(() => {
    if (arrival.focusSearch) field.current?.select();
  }, [arrival]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(typed.trim()), PAUSE);
  };
  return (
    <label className="grid min-w-0 flex-1 gap-1 tablet:flex-none text-small font-medium">
      {messages.stays.find}
      <span className="relative block tablet:w-56">
        <Search aria-hidden size={17} className="absolute top-1/2 left-3 -translate-y-1/2 text-soft" />
        <input
          ref={field}
          type="search"
          value={text}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          placeholder={messages.stays.findHint}
          autoCapitalize="characters"
          autoComplete="off"
          spellCheck={false}
          className="min-h-11 w-full rounded-control border border-strong-line bg-card pr-3 pl-9 text-base font-normal"
        />
      </span>
    </label>
  );
}
