import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";

/** The id under which the server's log knows a request, to copy. */
export function RequestId({ id }: { id: string }) {
  const messages = useMessages();
  const [isCopied, setIsCopied] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(id).then(() => setIsCopied(true));
  const Icon = isCopied ? Check : Copy;
  return (
    <p className="flex min-w-0 items-center gap-2 text-small text-soft">
      <span>{messages.problem.requestId}</span>
      <code className="min-w-0 truncate font-plate select-all">{id}</code>
      <button
        type="button"
        onClick={copy}
        className="inline-flex min-h-11 items-center gap-1 rounded-control px-2 text-accent hover:bg-raised"
      >
        <Icon aria-hidden size={15} />
        {isCopied ? messages.copied : messages.copy}
      </button>
    </p>
  );
}
