import { CopyButton } from "./CopyButton";

/** A text that is shown once, to be copied whole. */
export function SecretBox({ text }: { text: string }) {
  return (
    <div className="flex min-w-0 items-center gap-2 rounded-control border border-strong-line bg-raised py-1 pr-1 pl-3">
      <code translate="no" className="min-w-0 flex-1 font-plate text-small wrap-anywhere select-all" data-secret>
        {text}
      </code>
      <CopyButton text={text} />
    </div>
  );
}
