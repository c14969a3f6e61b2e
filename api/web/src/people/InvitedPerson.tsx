import type { UserAdded } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { SecretBox } from "../ui/SecretBox";

/** What the new person logs in with, shown this once. */
export function InvitedPerson({ added, close }: { added: UserAdded; close: () => void }) {
  const { people } = useMessages();
  return (
    <div className="grid gap-4">
      <SecretBox text={added.password} />
      <div className="flex justify-end">
        <Button look="main" onClick={close}>
          {people.passedOn}
        </Button>
      </div>
    </div>
  );
}
