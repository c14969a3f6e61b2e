import type { PasswordLink, User } from "../api/schema.gen";
import { makePasswordLink, unlockUser } from "../api/users";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { toasts } from "../ui/toastManager";
import type { usePersonChanges } from "./usePersonChanges";

interface Props {
  person: User;
  changing: ReturnType<typeof usePersonChanges>;
  /** Does something whose failure the form shows. */
  run: (work: () => Promise<void>) => void;
  made: (link: PasswordLink) => void;
  close: () => void;
}

/** What is done with a person at once: a new password by a link, in or out, trying again. */
export function PersonActions({ person, changing, run, made, close }: Props) {
  const { people } = useMessages();
  const { me } = useSite();
  const isDisabled = Boolean(person.disabled_at);
  const setDisabled = (disabled: boolean) => {
    const said = disabled ? people.disabledNow(person.name) : people.enabledNow(person.name);
    const undo = [{ disabled: !disabled }];
    changing.mutate({ user: person, changes: [{ disabled }], undo, said }, { onSuccess: close });
  };
  const unlock = async () => {
    await unlockUser(person.id);
    toasts.add({ title: people.unlocked(person.name) });
  };
  // One's own password is changed in one's own account.
  if (person.id === me.id) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {!isDisabled && <Button onClick={() => run(async () => made(await makePasswordLink(person.id)))}>{people.newLink}</Button>}
      {!isDisabled && <Button onClick={() => run(unlock)}>{people.unlock}</Button>}
      <Button look={isDisabled ? "plain" : "danger"} disabled={changing.isPending} onClick={() => setDisabled(!isDisabled)}>
        {isDisabled ? people.enable : people.disable}
      </Button>
    </div>
  );
}
