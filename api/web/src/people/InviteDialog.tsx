import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { Site, UserAdded } from "../api/schema.gen";
import { addUser, changeUser, usersKey } from "../api/users";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { TextField } from "../ui/TextField";
import { AccessFields } from "./AccessFields";
import { PasswordLinkView } from "./PasswordLinkView";
import { type Access, changesBetween, isBlind } from "./access";

/** Lets a person in, and shows once what they log in with. */
export function InviteDialog({ sites, close }: { sites: readonly Site[]; close: () => void }) {
  const { people } = useMessages();
  const [added, setAdded] = useState<UserAdded | null>(null);
  return (
    <Modal
      title={added ? people.linkTitle(added.user.name) : people.invite}
      description={added ? people.linkHint : people.inviteHint}
      isOpen
      close={close}
    >
      {added ? <PasswordLinkView link={added.link} close={close} /> : <InviteForm sites={sites} added={setAdded} close={close} />}
    </Modal>
  );
}

/** A role with its sites for the first request, what else is given for those after it. */
async function invite(name: string, email: string, access: Access): Promise<UserAdded> {
  const [first, ...rest] = changesBetween({ kind: "sites", roles: {} }, access);
  const added = await addUser({ name, role: first?.role ?? "guard", sites: first?.give ?? [], ...(email ? { email } : {}) });
  for (const change of rest) await changeUser(added.user.id, change);
  return added;
}

interface FormProps {
  sites: readonly Site[];
  added: (user: UserAdded) => void;
  close: () => void;
}

function InviteForm({ sites, added, close }: FormProps) {
  const { people, ...messages } = useMessages();
  const queries = useQueryClient();
  const only = sites.length === 1 ? sites[0] : undefined;
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [access, setAccess] = useState<Access>({ kind: "sites", roles: only ? { [only.code]: "guard" } : {} });
  const inviting = useMutation({
    mutationFn: () => invite(name.trim(), email.trim(), access),
    onSuccess: added,
    onSettled: () => void queries.invalidateQueries({ queryKey: usersKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!inviting.isPending) inviting.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-5">
      <TextField
        label={people.name}
        hint={people.nameHint}
        value={name}
        change={setName}
        maxLength={100}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        problem={fieldProblem(inviting.error, "name")}
      />
      <TextField
        label={people.email}
        hint={people.emailHint}
        type="email"
        value={email}
        change={setEmail}
        maxLength={254}
        autoComplete="off"
        problem={fieldProblem(inviting.error, "email")}
      />
      <AccessFields sites={sites} access={access} change={setAccess} />
      <FormProblem error={inviting.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={inviting.isPending || isBlind(access)}>
          {people.inviteNow}
        </Button>
      </div>
    </form>
  );
}
