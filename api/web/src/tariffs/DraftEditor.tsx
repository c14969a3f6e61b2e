import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Versioned } from "../api/client";
import type { TariffDraft, TariffProblem, TariffVehicle } from "../api/schema.gen";
import { may } from "../api/session";
import { tariffCheck } from "../api/tariffs";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { CheckPanel } from "./CheckPanel";
import { DiscardButton } from "./DiscardButton";
import { HolidaysField } from "./HolidaysField";
import { PublishDialog } from "./PublishDialog";
import { RuleList } from "./RuleList";
import { SettingsFields } from "./SettingsFields";
import { SimulatePanel } from "./SimulatePanel";
import { WhatIfPanel } from "./WhatIfPanel";
import type { Unread } from "./draftFields";
import { useDraft } from "./useDraft";
import { useSettled } from "./useSettled";

/** Writes a draft on the left; on the right what is wrong with it, what it costs, and how it compares. */
export function DraftEditor({ read }: { read: Versioned<TariffDraft> }) {
  const { messages, language } = useCatalogue();
  const { tariffs } = messages;
  const { site } = useSite();
  const isConnected = useIsConnected();
  const draft = useDraft(read);
  const { fields, change, body, unread } = draft;
  const [vehicle, setVehicle] = useState<TariffVehicle>("car");
  const [isPublishing, setIsPublishing] = useState(false);
  const asked = useSettled(body);
  const check = useQuery({ ...tariffCheck(site.id, asked, vehicle, language), placeholderData: keepPreviousData });
  const problems = check.data?.problems ?? draft.draft.problems;
  const problem = problemOf(problems, unread, tariffs);
  const isGood = problems.length === 0 && Object.keys(unread).length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!draft.isPending) draft.save();
  };
  return (
    <div className="grid gap-4 desk:grid-cols-2 desk:items-start">
      <form onSubmit={submit} className="grid min-w-0 gap-4" data-draft-form noValidate>
        <title>{`${fields.name || tariffs.draft} · Boomgate`}</title>
        <h2 className="text-large font-semibold wrap-anywhere">{`${tariffs.draft}: ${fields.name}`}</h2>
        <Panel title={tariffs.settings}>
          <SettingsFields fields={fields} change={change} currency={draft.draft.currency} problem={problem} />
        </Panel>
        <RuleList fields={fields} change={change} currency={draft.draft.currency} problem={problem} />
        <HolidaysField holidays={fields.holidays} change={(holidays) => change({ holidays })} problem={problem} />
        <FormProblem error={draft.error} />
        {draft.theirs && (
          <div role="alert" className="grid gap-2 rounded-control border-l-4 border-charge bg-charge-ground p-3">
            <p className="font-medium">{`${tariffs.stale} (${draft.theirs.value.changed_by})`}</p>
            <div className="flex flex-wrap gap-2">
              <Button onClick={draft.takeTheirs}>{tariffs.takeTheirs}</Button>
              <Button onClick={draft.overwrite}>{tariffs.overwrite}</Button>
            </div>
          </div>
        )}
        <div className="sticky bottom-14 z-10 flex flex-wrap items-center gap-2 rounded-card border border-line bg-card p-3 tablet:bottom-2">
          <DiscardButton id={draft.draft.id} name={fields.name} />
          {draft.isChanged && <span className="text-small text-soft">{tariffs.unsaved}</span>}
          <span className="ml-auto flex flex-wrap gap-2">
            <Button type="submit" disabled={!isConnected || draft.isPending || !draft.isChanged || Object.keys(unread).length > 0}>
              {tariffs.save}
            </Button>
            {may(site, "tariffs:publish") && (
              <Button look="main" disabled={!isConnected || draft.isChanged || !isGood} onClick={() => setIsPublishing(true)}>
                {tariffs.publish}
              </Button>
            )}
          </span>
          {may(site, "tariffs:publish") && (draft.isChanged || !isGood) && (
            <p className="w-full text-right text-small text-soft">{isGood ? tariffs.saveFirst : tariffs.fixFirst}</p>
          )}
        </div>
      </form>
      <div className="grid min-w-0 gap-4">
        <CheckPanel check={check.data} error={check.error} problems={problems} vehicle={vehicle} setVehicle={setVehicle} />
        <SimulatePanel tariff={body} currency={draft.draft.currency} isReady={isGood} />
        <WhatIfPanel tariff={body} isReady={isGood} />
      </div>
      {isPublishing && <PublishDialog draft={draft.draft} etag={draft.etag} close={() => setIsPublishing(false)} />}
    </div>
  );
}

/** What is wrong with a field: what cannot be read first, then what the server says. */
function problemOf(
  problems: readonly TariffProblem[],
  unread: Unread,
  texts: { noPrice: string; noNumber: string; noPercent: string },
): (field: string) => string | null {
  const words = { price: texts.noPrice, number: texts.noNumber, percent: texts.noPercent };
  return (field) => {
    const what = unread[field];
    if (what) return words[what];
    return problems.find((one) => one.field === field)?.message ?? null;
  };
}
