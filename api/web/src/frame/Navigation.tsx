import { Link } from "@tanstack/react-router";
import type { RefObject } from "react";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { AlarmCount } from "./AlarmCount";
import { ManageMenu } from "./ManageMenu";
import { NAVIGATION_ITEM } from "./navigationItem";
import { screensFor } from "./screens";

/** The screens: beside the name on a desk, at the thumb on a phone. */
export function Navigation({ container }: { container: RefObject<HTMLElement | null> }) {
  const messages = useMessages();
  const { site } = useSite();
  const screens = screensFor(site);
  const managed = screens.filter(({ group }) => group === "manage");
  return (
    <nav
      aria-label={messages.menu.title}
      className="fixed inset-x-0 bottom-0 z-20 flex border-t border-line bg-card tablet:static tablet:gap-1 tablet:border-0"
    >
      {screens
        .filter(({ group }) => group === "daily")
        .map(({ name, path, Icon }) => (
          <Link key={name} to={path} className={NAVIGATION_ITEM} activeProps={{ className: "font-semibold text-ink! tablet:bg-raised" }}>
            <Icon aria-hidden size={18} />
            <span className="flex items-center gap-1.5">
              {messages.screens[name]}
              {name === "alarms" && <AlarmCount />}
            </span>
          </Link>
        ))}
      {managed.length > 0 && <ManageMenu screens={managed} container={container} />}
    </nav>
  );
}
