import { Link } from "@tanstack/react-router";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { screensFor } from "./screens";

/** The screens: beside the name on a desk, at the thumb on a phone. */
export function Navigation() {
  const messages = useMessages();
  const { site } = useSite();
  return (
    <nav
      aria-label={messages.menu.title}
      className="fixed inset-x-0 bottom-0 z-20 flex border-t border-line bg-card tablet:static tablet:gap-1 tablet:border-0"
    >
      {screensFor(site).map(({ name, path, Icon }) => (
        <Link
          key={name}
          to={path}
          className="flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 px-3 text-small whitespace-nowrap text-soft hover:text-ink tablet:min-h-11 tablet:flex-row tablet:gap-2 tablet:rounded-control tablet:text-base"
          activeProps={{ className: "font-semibold text-ink! tablet:bg-raised" }}
        >
          <Icon aria-hidden size={18} />
          {messages.screens[name]}
        </Link>
      ))}
    </nav>
  );
}
