import type { TotpSecret } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { SecretBox } from "../ui/SecretBox";

/** A secret for an authenticator app: to be photographed, or typed. */
export function TotpSecretView({ secret }: { secret: TotpSecret }) {
  const { otp } = useMessages();
  return (
    <div className="grid gap-3 phone:grid-cols-[auto_1fr] phone:items-center">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(secret.qr_svg)}`}
        alt={otp.qr}
        width={168}
        height={168}
        className="justify-self-center rounded-control bg-plate p-2"
      />
      <div className="grid min-w-0 gap-2">
        <p>{otp.scan}</p>
        <p className="text-small text-soft">{otp.type}</p>
        <SecretBox text={secret.secret} />
      </div>
    </div>
  );
}
