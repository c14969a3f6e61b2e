import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { openAlarms } from "../api/alarms";
import { may } from "../api/session";
import { AlarmRow } from "../alarms/AlarmRow";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";

/** So many are shown whole; a link leads to the others. */
const SHOWN = 3;

/** Alarms on top of the lanes until somebody takes them. */
export function AlarmStrip({ show }: { show: (alarm: string) => void }) {
  const { alarms } = useMessages();
  const { site } = useSite();
  const { data = [] } = useQuery({ ...openAlarms(site.id), enabled: may(site, "alarms:read") });
  if (data.length === 0) return null;
  return (
    <section aria-label={alarms.waiting} role="alert" className="mb-4 overflow-hidden rounded-card border-2 border-deny bg-card" data-alarms>
      <ul>
        {data.slice(0, SHOWN).map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} show={show} />
        ))}
      </ul>
      {data.length > SHOWN && (
        <Link to="/alarms" className="flex min-h-11 items-center justify-center border-t border-line font-medium text-deny underline">
          {alarms.all(data.length)}
        </Link>
      )}
    </section>
  );
}
