import { useMessages } from "../i18n/CatalogueContext";
import { CopyButton } from "./CopyButton";

/** The id under which the server's log knows a request, to copy. */
export function RequestId({ id }: { id: string }) {
  const messages = useMessages();
  return (
    <div className="flex min-w-0 items-center gap-2 text-small text-soft">
      <span>{messages.problem.requestId}</span>
      <code className="min-w-0 truncate font-plate select-all">{id}</code>
      <CopyButton text={id} />
    </div>
  );
}
