import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import type { Versioned } from "../api/client";
import { fieldProblem } from "../api/problem";
import type { Site } from "../api/schema.gen";
import { me as meQuery } from "../api/session";
import { changeSite, fetchSite, sitesKey } from "../api/sites";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { LanguagesField } from "../ui/LanguagesField";
import { TextField } from "../ui/TextField";
import { TimeZoneField } from "../ui/TimeZoneField";
import { toasts } from "../ui/toastManager";
import { ConflictPanel } from "./ConflictPanel";
import { listOf, siteChange, siteFields } from "./siteFields";
import { useVersionedForm } from "./useVersionedForm";

const FIELDS = ["name", "time_zone", "languages", "capacity"] as const;

/** Changes a site; where somebody else did so meanwhile, both versions stand side by side and one chooses. */
export function SiteForm({ read }: { read: Versioned<Site> }) {
  const messages = useMessages();
  const { sites } = messages.settings;
  const queries = useQueryClient();
  const { code } = read.value;
  const form = useVersionedForm({
    first: read,
    fieldsOf: siteFields,
    save: (etag, changes) => changeSite(code, etag, siteChange(changes)),
    read: () => fetchSite(code),
    saved: (site) => {
      toasts.add({ title: sites.saved(site.name) });
      for (const queryKey of [sitesKey, meQuery.queryKey]) void queries.invalidateQueries({ queryKey });
    },
  });
  const { base, mine, theirs, value, change, error } = form;
  if (theirs) {
    const names = { name: sites.name, time_zone: sites.timeZone, languages: sites.languages, capacity: sites.capacity };
    return <ConflictPanel names={names} base={base} mine={mine} theirs={theirs} settle={form.settle} />;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    form.submit();
  };
  const problem = (field: string) => fieldProblem(error, field);
  return (
    <form onSubmit={submit} className="grid gap-4 rounded-card border border-line bg-card p-5">
      <h2 className="text-large font-semibold">{value.name}</h2>
      <TextField
        label={sites.name}
        value={mine.name}
        change={(name) => change({ name })}
        maxLength={100}
        required
        autoComplete="off"
        problem={problem("name")}
      />
      <TimeZoneField
        label={sites.timeZone}
        value={mine.time_zone}
        change={(time_zone) => change({ time_zone })}
        hint={sites.timeZoneHint}
        problem={problem("time_zone")}
      />
      <LanguagesField label={sites.languages} value={listOf(mine.languages)} change={(all) => change({ languages: all.join(",") })} />
      <TextField
        label={sites.capacity}
        hint={sites.capacityHint}
        value={mine.capacity}
        change={(capacity) => change({ capacity: capacity.replace(/\D/g, "") })}
        inputMode="numeric"
        maxLength={7}
        autoComplete="off"
        className="max-w-48"
        problem={problem("capacity")}
      />
      <FixedFacts site={value} />
      <FormProblem error={FIELDS.some(problem) ? null : error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button disabled={!form.isChanged} onClick={form.undo}>
          {messages.undo}
        </Button>
        <Button type="submit" look="main" disabled={form.isPending || !form.isChanged || mine.languages === ""}>
          {messages.save}
        </Button>
      </div>
    </form>
  );
}

/** What cannot be changed here, because money and codes of devices hang on it. */
function FixedFacts({ site }: { site: Site }) {
  const messages = useMessages();
  const { sites } = messages.settings;
  const facts = [
    [sites.code, site.code],
    [sites.currency, site.currency],
    [sites.visitors, site.visitors ? messages.yes : messages.no],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 rounded-control bg-raised p-3 text-small phone:grid-cols-3">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
