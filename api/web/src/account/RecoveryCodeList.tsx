import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { saveFile } from "../ui/saveFile";

/** Codes that each let in once without the app, shown this once. */
export function RecoveryCodeList({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const { otp } = useMessages();
  const text = codes.join("\n");
  return (
    <div className="grid gap-4">
      <ol className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-control bg-raised p-3 font-plate" translate="no" data-recovery-codes>
        {codes.map((code) => (
          <li key={code} className="select-all">
            {code}
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton text={text} />
        <Button look="quiet" onClick={() => saveFile("boomgate-recovery-codes.txt", "text/plain", `${text}\n`)}>
          {otp.save}
        </Button>
        <Button look="main" className="ml-auto" onClick={done}>
          {otp.stored}
        </Button>
      </div>
    </div>
  );
}
