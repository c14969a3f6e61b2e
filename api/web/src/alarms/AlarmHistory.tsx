import type { AlarmDetail } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Time } from "../ui/Time";

/** What became of an alarm, the first thing first. */
export function AlarmHistory({ history }: Pick<AlarmDetail, "history">) {
  const { alarms } = useMessages();
  return (
    <section aria-label={alarms.history}>
      <ol className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {history.map(({ what, at, by, note }) => (
          <li key={what} className="col-span-full grid grid-cols-subgrid">
            <Time at={at} className="text-small text-soft" />
            <div>
              <p>
                {alarms.what[what]}
                {(what === "acknowledged" || what === "closed") && ` · ${by?.name ?? alarms.byItself}`}
              </p>
              {note && <p className="wrap-anywhere text-soft">{note}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
