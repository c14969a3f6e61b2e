import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { PasswordLink, Site, User, UserChange } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { AccessFields } from "./AccessFields";
import { PasswordLinkView } from "./PasswordLinkView";
import { PersonActions } from "./PersonActions";
import { type Access, accessOf, changesBetween } from "./access";
import { usePersonChanges } from "./usePersonChanges";

interface Props {
  person: User;
  sites: readonly Site[];
  close: () => void;
}

/** What one person may do where, how they are reached, and whether they are let in at all. */
export function PersonDialog({ person, sites, close }: Props) {
  const { people } = useMessages();
  const [link, setLink] = useState<PasswordLink | null>(null);
  const hint = person.disabled_at ? people.disabledHint : people.changeHint;
  return (
    <Modal title={link ? people.linkTitle(person.name) : person.name} description={link ? people.linkHint : hint} isOpen close={close}>
      {link ? <PasswordLinkView link={link} close={close} /> : <PersonForm person={person} sites={sites} made={setLink} close={close} />}
    </Modal>
  );
}

function addressChange(from: string, to: string): UserChange[] {
  return from === to ? [] : [{ email: to }];
}

function PersonForm({ person, sites, made, close }: Props & { made: (link: PasswordLink) => void }) {
  const { people, ...messages } = useMessages();
  const codes = sites.map(({ code }) => code);
  const before = accessOf(person, codes);
  const [access, setAccess] = useState<Access>(before);
  const [email, setEmail] = useState(person.email ?? "");
  const changing = usePersonChanges();
  const failure = useMutation({ mutationFn: async (work: () => Promise<void>) => work() });
  const changes = [...changesBetween(before, access), ...addressChange(person.email ?? "", email.trim())];
  const undo = [...changesBetween(access, before), ...addressChange(email.trim(), person.email ?? "")];
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!changing.isPending) changing.mutate({ user: person, changes, undo, said: people.changed(person.name) }, { onSuccess: close });
  };
  const error = changing.error ?? failure.error;
  const wrongAddress = fieldProblem(error, "email");
  return (
    <form onSubmit={save} className="grid gap-5">
      <AccessFields sites={sites} access={access} change={setAccess} />
      <TextField
        label={people.email}
        hint={people.emailHint}
        type="email"
        value={email}
        change={setEmail}
        maxLength={254}
        autoComplete="off"
        problem={wrongAddress}
      />
      <PersonActions person={person} changing={changing} run={failure.mutate} made={made} close={close} />
      <FormProblem error={wrongAddress ? null : error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={changing.isPending || changes.length === 0}>
          {messages.save}
        </Button>
      </div>
    </form>
  );
}
