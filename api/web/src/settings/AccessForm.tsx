import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { access as accessQuery, accessKey, changeAccess } from "../api/access";
import { blocklistKey } from "../api/blocklist";
import type { Versioned } from "../api/client";
import { fieldProblem } from "../api/problem";
import type { Access, AccessChange, OutsideTerms, PassbackWord } from "../api/schema.gen";
import { subscriptionsKey } from "../api/subscriptions";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { useUndo } from "../ui/useUndo";

/** How the site treats cars with and without rights. */
export function AccessSettings({ site }: { site: string }) {
  const { data, error, refetch } = useQuery(accessQuery(site));
  if (data) return <AccessForm key={data.etag} site={site} read={data} />;
  return error ? <ProblemPanel error={error} retry={() => void refetch()} /> : null;
}

function AccessForm({ site, read }: { site: string; read: Versioned<Access> }) {
  const { access, subscriptions } = useMessages();
  const { value, etag } = read;
  const [hours, setHours] = useState(value.overstay_hours.toString());
  const [days, setDays] = useState(value.notice_days.toString());
  const [outside, setOutside] = useState<OutsideTerms>(value.outside_terms);
  const [passback, setPassback] = useState<PassbackWord>(value.passback);
  const [countries, setCountries] = useState(value.countries.join(", "));
  const queries = useQueryClient();
  const again = () => {
    for (const queryKey of [accessKey, blocklistKey, subscriptionsKey]) void queries.invalidateQueries({ queryKey });
  };
  const undo = useUndo(again);
  const saving = useMutation({
    mutationFn: (change: AccessChange) => changeAccess(site, etag, change),
    onSuccess: (now) => {
      undo(access.saved, () => changeAccess(site, now.etag, value));
      again();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const named = countries
      .split(",")
      .map((country) => country.trim())
      .filter(Boolean);
    saving.mutate({
      overstay_hours: Number(hours),
      notice_days: Number(days),
      outside_terms: outside,
      passback,
      countries: named,
    });
  };
  const problem = (field: string) => fieldProblem(saving.error, field);
  const isNamed = ["overstay_hours", "notice_days", "countries"].some((field) => problem(field) !== null);
  return (
    <form onSubmit={submit} className="grid gap-4 rounded-card border border-line bg-card p-5" data-access>
      <h2 className="text-large font-semibold">{access.title}</h2>
      <SelectField label={access.outside} hint={access.outsideHint} value={outside} change={(word) => setOutside(word as OutsideTerms)}>
        {Object.entries(subscriptions.outsideWords).map(([word, name]) => (
          <option key={word} value={word}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField label={access.passback} value={passback} change={(word) => setPassback(word as PassbackWord)}>
        {Object.entries(access.passbackWords).map(([word, name]) => (
          <option key={word} value={word}>
            {name}
          </option>
        ))}
      </SelectField>
      <div className="grid gap-4 tablet:grid-cols-2">
        <TextField
          label={access.overstay}
          value={hours}
          change={(text) => setHours(text.replace(/\D/g, ""))}
          inputMode="numeric"
          maxLength={4}
          required
          autoComplete="off"
          problem={problem("overstay_hours")}
        />
        <TextField
          label={access.notice}
          hint={access.noticeHint}
          value={days}
          change={(text) => setDays(text.replace(/\D/g, ""))}
          inputMode="numeric"
          maxLength={2}
          required
          autoComplete="off"
          problem={problem("notice_days")}
        />
      </div>
      <TextField
        label={access.countries}
        hint={access.countriesHint}
        value={countries}
        change={setCountries}
        maxLength={200}
        autoComplete="off"
        problem={problem("countries")}
      />
      <FormProblem error={isNamed ? null : saving.error} />
      <div className="flex justify-end">
        <Button type="submit" look="main" disabled={saving.isPending}>
          {access.apply}
        </Button>
      </div>
    </form>
  );
}
