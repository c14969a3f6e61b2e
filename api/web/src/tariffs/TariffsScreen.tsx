import { Link, Outlet } from "@tanstack/react-router";
import { may } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";

/** What parking costs: versions and drafts, and codes that take something off. */
export function TariffsScreen() {
  const { tariffs, screens } = useMessages();
  const { site } = useSite();
  const parts = [
    { to: "/tariffs/versions", label: tariffs.tabs.versions, isShown: may(site, "tariffs:read") },
    { to: "/tariffs/validations", label: tariffs.tabs.validations, isShown: may(site, "validations:manage") },
  ] as const;
  return (
    <div className="mx-auto grid max-w-6xl grid-cols-1 gap-4">
      <title>{`${screens.tariffs} · Boomgate`}</title>
      <h1 className="text-title font-semibold">{screens.tariffs}</h1>
      <nav aria-label={screens.tariffs} className="flex flex-wrap gap-1 border-b border-line">
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
