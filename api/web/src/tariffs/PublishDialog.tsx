import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { TariffDraft } from "../api/schema.gen";
import { publishDraft, tariffsKey } from "../api/tariffs";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { RadioField } from "../ui/RadioField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { useNow } from "../ui/useNow";
import { instantOf, wallTime } from "../ui/zonedTime";
import { nextMidnight } from "./lastMonth";

type When = "now" | "midnight" | "time";

interface Props {
  draft: TariffDraft;
  etag: string;
  close: () => void;
}

/** Publishes what was looked at, now or for a time to come; the server asks for the password first. */
export function PublishDialog({ draft, etag, close }: Props) {
  const { tariffs, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [when, setWhen] = useState<When>("now");
  const midnight = nextMidnight(wallTime(useNow(), site.time_zone));
  const [time, setTime] = useState(midnight);
  const wall = when === "midnight" ? midnight : time;
  const at = when === "now" ? null : instantOf(wall, site.time_zone);
  const publishing = useMutation({
    mutationFn: () => publishDraft(draft.id, etag, at === null ? null : new Date(at).toISOString()),
    onSuccess: async ({ version }) => {
      toasts.add({ title: tariffs.published(version) });
      await navigate({ to: "/tariffs/versions" });
      void queries.invalidateQueries({ queryKey: tariffsKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!publishing.isPending) publishing.mutate();
  };
  const choices = [
    ["now", tariffs.now, undefined],
    ["midnight", tariffs.atMidnight, `${midnight.replace("T", " ")}, ${site.time_zone}`],
    ["time", tariffs.atTime, undefined],
  ] as const;
  return (
    <Modal title={tariffs.publishTitle} description={tariffs.publishHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4" data-publish>
        <p className="font-medium wrap-anywhere">{draft.tariff.name}</p>
        <fieldset>
          <legend className="mb-1 font-medium">{tariffs.when}</legend>
          {choices.map(([one, name, hint]) => (
            <RadioField key={one} name="when" isChecked={when === one} choose={() => setWhen(one)} hint={hint}>
              {name}
            </RadioField>
          ))}
        </fieldset>
        {when === "time" && (
          <TextField label={`${tariffs.when} (${site.time_zone})`} type="datetime-local" value={time} change={setTime} required />
        )}
        <FormProblem error={publishing.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={publishing.isPending || (when !== "now" && at === null)}>
            {when === "now" ? tariffs.publishNow : tariffs.publishAt}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
