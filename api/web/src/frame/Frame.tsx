import { Outlet, useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { Suspense, useRef, useState } from "react";
import { useFeed } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Kbd } from "../ui/Kbd";
import { deferred } from "../ui/deferred";
import { LinkChip } from "./LinkChip";
import { MainMenu } from "./MainMenu";
import { Navigation } from "./Navigation";
import { SiteSelect } from "./SiteSelect";
import { useKeys } from "./useKeys";

const Palette = deferred(async () => (await import("./Palette")).Palette);
const KeysHelp = deferred(async () => (await import("./KeysHelp")).KeysHelp);

type Over = "palette" | "keys" | null;

/** What stands around every screen. */
export function Frame() {
  const messages = useMessages();
  const navigate = useNavigate();
  const [over, setOver] = useState<Over>(null);
  const header = useRef<HTMLElement>(null);
  const close = () => setOver(null);
  // Whoever is at the stays already goes on with what is shown there.
  const find = () => {
    const search = location.pathname === "/stays" ? true : {};
    void navigate({ to: "/stays", search, state: { focusSearch: true } });
  };
  useKeys((action) => {
    if (action.kind === "palette") setOver((before) => (before === "palette" ? null : "palette"));
    else if (action.kind === "help") setOver("keys");
    else if (action.kind === "go") void navigate({ to: `/${action.screen}` });
    else if (action.kind === "find") find();
    else return false;
    return true;
  });
  return (
    <div className="min-h-dvh pb-16 tablet:pb-0">
      <a href="#content" className="skip-link rounded-control bg-card px-3 py-2">
        {messages.skip}
      </a>
      <header
        ref={header}
        className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-card px-3 tablet:gap-4 tablet:px-4"
      >
        <img src="/icon.svg" alt="" width={28} height={28} className="shrink-0" />
        <SiteSelect />
        <Navigation container={header} />
        <div className="ml-auto flex shrink-0 items-center gap-1 tablet:gap-2">
          <LinkChip />
          <button
            type="button"
            onClick={() => setOver("palette")}
            aria-keyshortcuts="Control+K"
            className="flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-control px-2 text-soft hover:bg-raised"
          >
            <Search aria-hidden size={20} />
            <span className="sr-only">{messages.palette.title}</span>
            <span className="hidden gap-1 desk:flex">
              <Kbd>Ctrl</Kbd>
              <Kbd>K</Kbd>
            </span>
          </button>
          <MainMenu container={header} openKeys={() => setOver("keys")} />
        </div>
      </header>
      <PausedNote />
      <main id="content" tabIndex={-1} className="mx-auto max-w-450 p-3 outline-none tablet:p-4">
        <Outlet />
      </main>
      <Suspense>
        {over === "palette" && <Palette close={close} openKeys={() => setOver("keys")} />}
        {over === "keys" && <KeysHelp close={close} />}
      </Suspense>
    </div>
  );
}

function PausedNote() {
  const messages = useMessages();
  const isOffline = useFeed(({ link }) => link.kind === "offline");
  if (!isOffline) return null;
  return <p className="border-b border-deny bg-deny-ground px-4 py-2 text-center font-medium text-deny">{messages.link.paused}</p>;
}
