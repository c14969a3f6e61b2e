import { useNavigate } from "@tanstack/react-router";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useNow } from "../ui/useNow";
import { zoneNote } from "../ui/formatTime";

/** Which site this screen shows; its zone where the viewer's clock shows another time. */
export function SiteSelect() {
  const { messages, language } = useCatalogue();
  const { me, site } = useSite();
  const navigate = useNavigate();
  const zone = zoneNote(site.time_zone, language, useNow());
  // One stay belongs to one site; its list is the nearest thing that another site has.
  const change = (code: string) => void navigate({ to: siblingOf(location.pathname), search: { site: code } });
  return (
    <div className="flex min-w-0 items-center gap-2">
      {me.sites.length === 1 ? (
        <span className="truncate font-medium">{site.name}</span>
      ) : (
        <select
          aria-label={messages.site}
          value={site.code}
          onChange={(event) => change(event.target.value)}
          className="min-h-11 min-w-0 max-w-52 truncate rounded-control border border-strong-line bg-card px-2 font-medium"
        >
          {me.sites.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      )}
      {zone && <span className="hidden text-small text-soft phone:inline">{zone}</span>}
    </div>
  );
}

/** The screen to show of another site, from where one is. */
function siblingOf(path: string): "/live" | "/stays" | "/tickets" | "/alarms" | "/jobs" | "/people" | "/settings" | "/audit" {
  const screens = ["/stays", "/tickets", "/alarms", "/jobs", "/people", "/settings", "/audit"] as const;
  return screens.find((screen) => path.startsWith(screen)) ?? "/live";
}
