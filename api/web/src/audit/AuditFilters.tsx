import type { AuditActionName, AuditEntry } from "../api/audit";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import type { AuditSearch } from "./auditSearch";
import { actorName } from "./describeAudit";
import { wallTime } from "./zonedTime";

const HOUR = 3_600_000;
const RANGES = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR } as const;

interface Props {
  search: AuditSearch;
  /** What is shown: whoever acted in them can be chosen. */
  lines: readonly AuditEntry[];
  change: (changed: AuditSearch) => void;
}

/** What, who and when; all of it stands in the address. */
export function AuditFilters({ search, lines, change }: Props) {
  const { audit } = useMessages();
  const { site } = useSite();
  const since = (length: number) => change({ from: wallTime(Date.now() - length, site.time_zone), until: "" });
  const isFiltered = Object.entries(search).some(([name, value]) => name !== "site" && value);
  return (
    <div className="grid gap-3 rounded-card border border-line bg-card p-4">
      <div className="grid gap-3 phone:grid-cols-2 desk:grid-cols-4">
        <ActionField search={search} change={change} />
        <ActorField search={search} lines={lines} change={change} />
        <TextField label={audit.from} type="datetime-local" value={search.from ?? ""} change={(from) => change({ from })} />
        <TextField label={audit.until} type="datetime-local" value={search.until ?? ""} change={(until) => change({ until })} />
      </div>
      <div className="flex flex-wrap gap-2">
        {(Object.keys(RANGES) as (keyof typeof RANGES)[]).map((range) => (
          <Button key={range} onClick={() => since(RANGES[range])}>
            {audit.ranges[range]}
          </Button>
        ))}
        {isFiltered && (
          <Button look="quiet" onClick={() => change({ action: "", actor: "", stay: "", from: "", until: "" })}>
            {audit.clear}
          </Button>
        )}
      </div>
    </div>
  );
}

function ActionField({ search, change }: Pick<Props, "search" | "change">) {
  const { audit } = useMessages();
  return (
    <SelectField label={audit.action} value={search.action ?? ""} change={(action) => change({ action: action as AuditActionName | "" })}>
      <option value="">{audit.anything}</option>
      {Object.entries(audit.actions).map(([action, name]) => (
        <option key={action} value={action}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

/** The api lists nobody to choose from without the password: those in the lines that are shown are enough. */
function ActorField({ search, lines, change }: Props) {
  const messages = useMessages();
  const { me } = useSite();
  const actors = new Map([[me.id, me.name]]);
  for (const line of lines) if (line.actor.id) actors.set(line.actor.id, actorName(line, messages));
  if (search.actor && !actors.has(search.actor)) actors.set(search.actor, search.actor);
  return (
    <SelectField label={messages.audit.actor} value={search.actor ?? ""} change={(actor) => change({ actor })}>
      <option value="">{messages.audit.anybody}</option>
      {[...actors].map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
