import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const messages = useMessages();
  const [copied, setCopied] = useState<string | null>(null);
  const copy = () => void navigator.clipboard?.writeText(text).then(() => setCopied(text));
  const Icon = copied === text ? Check : Copy;
  return (
    <button
      type="button"
      onClick={copy}
      className="inline-flex min-h-11 shrink-0 items-center gap-1 rounded-control px-2 text-accent hover:bg-raised"
    >
      <Icon aria-hidden size={15} />
      {copied === text ? messages.copied : (label ?? messages.copy)}
    </button>
  );
}
