import { useQuery } from "@tanstack/react-query";
import { openAlarms } from "../api/alarms";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";

/** How many alarms nobody has taken yet; nothing where there are none. */
export function AlarmCount() {
  const { messages, language } = useCatalogue();
  const { site } = useSite();
  const { data = [] } = useQuery(openAlarms(site.id));
  if (data.length === 0) return null;
  return (
    <span className="rounded-control bg-deny-ground px-1.5 text-small font-semibold text-deny tabular-nums" title={messages.alarms.all(data.length)}>
      {data.length.toLocaleString(language)}
    </span>
  );
}
