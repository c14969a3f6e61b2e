import type { ApiKey } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { TableFrame } from "../ui/TableFrame";
import { Time } from "../ui/Time";
import { CELL } from "../ui/tableCells";
import { useIsBefore } from "../ui/useIsBefore";

/** The keys with what they are for; a live one can be revoked. */
export function KeyTable({ keys, revoke }: { keys: readonly ApiKey[]; revoke: (key: ApiKey) => void }) {
  const texts = useMessages().settings.keys;
  return (
    <TableFrame label={texts.title}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {[texts.name, texts.permissions, texts.sites, texts.lastUsed, texts.ends].map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
            <th className={CELL}>
              <span className="sr-only">{texts.revoke}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} revoke={revoke} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function KeyRow({ apiKey, revoke }: { apiKey: ApiKey; revoke: (key: ApiKey) => void }) {
  const { settings, never } = useMessages();
  const texts = settings.keys;
  const isGood = useIsBefore(Date.parse(apiKey.expires_at)) && !apiKey.revoked_at;
  return (
    <tr className={`border-b border-line last:border-0 ${isGood ? "" : "text-soft"}`} data-key={apiKey.name}>
      <td className={CELL}>
        <p className="font-medium">{apiKey.name}</p>
        <p className="text-small text-soft">{texts.actsFor(apiKey.user)}</p>
      </td>
      <td className={`${CELL} max-w-xs font-plate text-small`}>{apiKey.permissions.join(", ")}</td>
      <td className={CELL}>{apiKey.sites?.join(", ") ?? texts.everySite}</td>
      <td className={CELL}>{apiKey.last_used ? <Time at={apiKey.last_used} /> : never}</td>
      <td className={`${CELL} whitespace-nowrap`}>
        {isGood && <Time at={apiKey.expires_at} />}
        {!isGood && <Badge>{apiKey.revoked_at ? texts.revoked : texts.ended}</Badge>}
      </td>
      <td className={`${CELL} text-right`}>
        {isGood && (
          <Button onClick={() => revoke(apiKey)} aria-label={`${texts.revoke}: ${apiKey.name}`}>
            {texts.revoke}
          </Button>
        )}
      </td>
    </tr>
  );
}
