import { Menu } from "@base-ui/react/menu";
import { Link, useRouterState } from "@tanstack/react-router";
import { Building2 } from "lucide-react";
import type { RefObject } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { NAVIGATION_ITEM } from "./navigationItem";
import type { Screen } from "./screens";

/** The screens for running the car park, behind one word: whoever sits at the desk needs them seldom. */
export function ManageMenu({ screens, container }: { screens: readonly Screen[]; container: RefObject<HTMLElement | null> }) {
  const messages = useMessages();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const shown = screens.find((screen) => path === screen.path || path.startsWith(`${screen.path}/`));
  const Icon = shown?.Icon ?? Building2;
  return (
    <Menu.Root>
      <Menu.Trigger className={`${NAVIGATION_ITEM} ${shown ? "font-semibold text-ink! tablet:bg-raised" : ""}`} data-manage>
        <Icon aria-hidden size={18} />
        {shown ? messages.screens[shown.name] : messages.screens.manage}
      </Menu.Trigger>
      <Menu.Portal container={container}>
        <Menu.Positioner sideOffset={6} align="start" className="z-30">
          <Menu.Popup className="motion min-w-52 rounded-card border border-line bg-card p-1.5 shadow-2xl transition-opacity outline-none data-ending-style:opacity-0 data-starting-style:opacity-0">
            {screens.map((screen) => (
              <Menu.LinkItem
                key={screen.name}
                render={<Link to={screen.path} />}
                closeOnClick
                className={`flex min-h-11 items-center gap-3 rounded-control px-3 outline-none select-none data-highlighted:bg-accent-ground ${
                  screen === shown ? "font-semibold" : ""
                }`}
              >
                <screen.Icon aria-hidden size={18} className="shrink-0 text-soft" />
                {messages.screens[screen.name]}
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
