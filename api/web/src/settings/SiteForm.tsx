import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Versioned } from "../api/client";
import { fieldProblem, isStatus } from "../api/problem";
import type { Site } from "../api/schema.gen";
import { me as meQuery } from "../api/session";
import { changeSite, fetchSite, sitesKey } from "../api/sites";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { SiteConflict } from "./SiteConflict";
import { TimeZoneField } from "./TimeZoneField";
import { type SiteFields, changesOf, fieldsOf } from "./siteMerge";

/** Changes a site; where somebody else did so meanwhile, both versions stand side by side and one chooses. */
export function SiteForm({ read }: { read: Versioned<Site> }) {
  const messages = useMessages();
  const { sites } = messages.settings;
  const queries = useQueryClient();
  const [base, setBase] = useState(read);
  const [mine, setMine] = useState<SiteFields>(fieldsOf(read.value));
  const [theirs, setTheirs] = useState<Versioned<Site> | null>(null);
  const { code } = base.value;
  const saving = useMutation({
    mutationFn: ({ from, to }: { from: Versioned<Site>; to: SiteFields }) =>
      changeSite(code, from.etag, changesOf(from.value, to) ?? {}),
    onSuccess: (saved) => {
      setBase(saved);
      setMine(fieldsOf(saved.value));
      setTheirs(null);
      toasts.add({ title: sites.saved(saved.value.name) });
      for (const queryKey of [sitesKey, meQuery.queryKey]) void queries.invalidateQueries({ queryKey });
    },
    onError: async (error) => {
      if (isStatus(error, 412)) setTheirs(await fetchSite(code).catch(() => null));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate({ from: base, to: mine });
  };
  if (theirs) {
    const settle = (to: SiteFields) => {
      setMine(to);
      setBase(theirs);
      setTheirs(null);
      saving.reset();
      if (changesOf(theirs.value, to)) saving.mutate({ from: theirs, to });
    };
    return <SiteConflict base={fieldsOf(base.value)} mine={mine} theirs={fieldsOf(theirs.value)} settle={settle} />;
  }
  const problem = (field: string) => fieldProblem(saving.error, field);
  const isFields = Boolean(problem("name") ?? problem("time_zone"));
  return (
    <form onSubmit={submit} className="grid gap-4 rounded-card border border-line bg-card p-5">
      <h2 className="text-large font-semibold">{base.value.name}</h2>
      <TextField
        label={sites.name}
        value={mine.name}
        change={(name) => setMine({ ...mine, name })}
        maxLength={100}
        required
        autoComplete="off"
        problem={problem("name")}
      />
      <TimeZoneField
        label={sites.timeZone}
        value={mine.time_zone}
        change={(time_zone) => setMine({ ...mine, time_zone })}
        hint={sites.timeZoneHint}
        problem={problem("time_zone")}
      />
      <FixedFacts site={base.value} />
      <FormProblem error={isFields ? null : saving.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button disabled={!changesOf(base.value, mine)} onClick={() => setMine(fieldsOf(base.value))}>
          {messages.undo}
        </Button>
        <Button type="submit" look="main" disabled={saving.isPending || !changesOf(base.value, mine)}>
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
    [sites.capacity, site.capacity?.toString() ?? sites.uncounted],
    [sites.visitors, site.visitors ? messages.yes : messages.no],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 rounded-control bg-raised p-3 text-small phone:grid-cols-4">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
