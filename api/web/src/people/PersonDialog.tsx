import { type FormEvent, useState } from "react";
import type { Site, User } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { AccessFields } from "./AccessFields";
import { type Access, accessOf, changesBetween } from "./access";
import { usePersonChanges } from "./usePersonChanges";

interface Props {
  person: User;
  sites: readonly Site[];
  close: () => void;
}

/** What one person may do where, and whether they are let in at all. */
export function PersonDialog({ person, sites, close }: Props) {
  const { people, ...messages } = useMessages();
  const { me } = useSite();
  const before = accessOf(
    person,
    sites.map(({ code }) => code),
  );
  const [access, setAccess] = useState<Access>(before);
  const changing = usePersonChanges();
  const changes = changesBetween(before, access);
  const done = { onSuccess: close };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const undo = changesBetween(access, before);
    if (!changing.isPending) changing.mutate({ user: person, changes, undo, said: people.changed(person.name) }, done);
  };
  const isDisabled = Boolean(person.disabled_at);
  const setDisabled = (disabled: boolean) => {
    const said = disabled ? people.disabledNow(person.name) : people.enabledNow(person.name);
    changing.mutate({ user: person, changes: [{ disabled }], undo: [{ disabled: !disabled }], said }, done);
  };
  return (
    <Modal title={person.name} description={isDisabled ? people.disabledHint : people.changeHint} isOpen close={close}>
      <form onSubmit={save} className="grid gap-5">
        <AccessFields sites={sites} access={access} change={setAccess} />
        <FormProblem error={changing.error} />
        <div className="flex flex-wrap items-center gap-2">
          {person.id !== me.id && (
            <Button look={isDisabled ? "plain" : "danger"} disabled={changing.isPending} onClick={() => setDisabled(!isDisabled)}>
              {isDisabled ? people.enable : people.disable}
            </Button>
          )}
          <Button className="ml-auto" onClick={close}>
            {messages.cancel}
          </Button>
          <Button type="submit" look="main" disabled={changing.isPending || changes.length === 0}>
            {messages.save}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
