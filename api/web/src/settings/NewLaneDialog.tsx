import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addLane, lanesKey } from "../api/lanes";
import { fieldProblem } from "../api/problem";
import type { LaneDirection } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { DirectionField } from "./DirectionField";

/** A new lane at the site that is shown; it works once it has a device. */
export function NewLaneDialog({ close }: { close: () => void }) {
  const { settings, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const [direction, setDirection] = useState<LaneDirection>("entry");
  const adding = useMutation({
    mutationFn: () => addLane({ site: site.id, code: code.trim(), name: name.trim(), direction }),
    onSuccess: () => {
      toasts.add({ title: settings.lanes.added(name.trim()) });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: lanesKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!adding.isPending) adding.mutate();
  };
  const problem = (field: string) => fieldProblem(adding.error, field);
  return (
    <Modal title={settings.lanes.add} description={settings.lanes.addHint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={settings.lanes.name} value={name} change={setName} maxLength={100} autoComplete="off" required problem={problem("name")} />
        <TextField
          label={settings.lanes.code}
          hint={settings.lanes.codeHint}
          value={code}
          change={setCode}
          pattern="[a-z0-9\-]{1,64}"
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          problem={problem("code")}
        />
        <DirectionField value={direction} change={setDirection} />
        <FormProblem error={problem("name") || problem("code") ? null : adding.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={adding.isPending}>
            {settings.lanes.make}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
