import { Link, Outlet } from "@tanstack/react-router";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";

/** What an admin sets, by kind. */
export function SettingsScreen() {
  const messages = useMessages();
  const { site } = useSite();
  const { settings } = messages;
  const parts = [
    { to: "/settings/sites", label: settings.sites.title, isShown: may(site, "settings:write") },
    { to: "/settings/lanes", label: settings.lanes.title, isShown: may(site, "settings:write") },
    { to: "/settings/keys", label: settings.keys.title, isShown: may(site, "keys:manage") },
  ] as const;
  return (
    <div className="mx-auto grid max-w-5xl gap-4">
      <title>{`${messages.screens.settings} · Boomgate`}</title>
      <h1 className="text-title font-semibold">{messages.screens.settings}</h1>
      <nav aria-label={messages.screens.settings} className="flex flex-wrap gap-1 border-b border-line">
        {parts
          .filter(({ isShown }) => isShown)
          .map(({ to, label }) => (
            <Link
              key={to}
              to={to}
              className="-mb-px flex min-h-11 items-center border-b-2 border-transparent px-3 text-soft hover:text-ink"
              activeProps={{ className: "border-accent! font-semibold text-ink!" }}
            >
              {label}
            </Link>
          ))}
      </nav>
      <Outlet />
    </div>
  );
}
