import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addKey, keysKey } from "../api/keys";
import { fieldProblem } from "../api/problem";
import type { ApiKeyAdded } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { SecretBox } from "../ui/SecretBox";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { Time } from "../ui/Time";
import { PermissionChoice } from "./PermissionChoice";
import { SiteChoice } from "./SiteChoice";

const DAYS = [7, 30, 90, 366] as const;

/** Makes a key, then shows it this once. */
export function NewKeyDialog({ close }: { close: () => void }) {
  const { keys } = useMessages().settings;
  const [made, setMade] = useState<ApiKeyAdded | null>(null);
  return (
    <Modal title={made ? keys.madeTitle : keys.add} description={made ? keys.madeHint : keys.addHint} isOpen close={close}>
      {made ? <MadeKey made={made} close={close} /> : <NewKeyForm made={setMade} close={close} />}
    </Modal>
  );
}

function NewKeyForm({ made, close }: { made: (key: ApiKeyAdded) => void; close: () => void }) {
  const { settings, ...messages } = useMessages();
  const texts = settings.keys;
  const { me } = useSite();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [permissions, setPermissions] = useState<readonly string[]>([]);
  const [sites, setSites] = useState<readonly string[]>([]);
  const [days, setDays] = useState<number>(90);
  const adding = useMutation({
    mutationFn: () => addKey({ name: name.trim(), permissions: [...permissions], sites: [...sites], days }),
    onSuccess: made,
    onSettled: () => void queries.invalidateQueries({ queryKey: keysKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!adding.isPending) adding.mutate();
  };
  const held = [...new Set(me.sites.flatMap((site) => site.permissions))];
  return (
    <form onSubmit={submit} className="grid gap-5">
      <TextField
        label={texts.name}
        hint={texts.nameHint}
        value={name}
        change={setName}
        maxLength={100}
        autoComplete="off"
        required
        problem={fieldProblem(adding.error, "name")}
      />
      <PermissionChoice held={held} chosen={permissions} choose={setPermissions} />
      {me.sites.length > 1 && (
        <SiteChoice label={texts.sites} hint={texts.sitesHint} sites={me.sites} chosen={sites} choose={setSites} />
      )}
      <SelectField label={texts.days} hint={texts.daysHint} value={String(days)} change={(value) => setDays(Number(value))}>
        {DAYS.map((one) => (
          <option key={one} value={one}>
            {texts.dayCount(one)}
          </option>
        ))}
      </SelectField>
      <FormProblem error={adding.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={adding.isPending || permissions.length === 0}>
          {texts.make}
        </Button>
      </div>
    </form>
  );
}

function MadeKey({ made, close }: { made: ApiKeyAdded; close: () => void }) {
  const { keys } = useMessages().settings;
  return (
    <div className="grid gap-4">
      <SecretBox text={made.key} />
      <p className="text-small text-soft">
        {keys.use} <code className="font-plate wrap-anywhere">Authorization: Bearer …</code>
      </p>
      <p className="text-small text-soft">
        {keys.ends}: <Time at={made.expires_at} />
      </p>
      <div className="flex justify-end">
        <Button look="main" onClick={close}>
          {keys.stored}
        </Button>
      </div>
    </div>
  );
}
