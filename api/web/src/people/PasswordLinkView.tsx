import type { PasswordLink } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { SecretBox } from "../ui/SecretBox";
import { Time } from "../ui/Time";

/** A link by which somebody chooses a password, shown this once; whether it went by mail already. */
export function PasswordLinkView({ link, close }: { link: PasswordLink; close: () => void }) {
  const { people } = useMessages();
  return (
    <div className="grid gap-4">
      <SecretBox text={link.url} />
      {link.mailed_to ? <p>{people.mailedTo(link.mailed_to)}</p> : <p>{people.notMailed}</p>}
      <p className="text-small text-soft">
        {people.goodUntil} <Time at={link.expires_at} />
      </p>
      <div className="flex justify-end">
        <Button look="main" onClick={close}>
          {people.passedOn}
        </Button>
      </div>
    </div>
  );
}
