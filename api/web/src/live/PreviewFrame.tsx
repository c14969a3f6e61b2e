import { X } from "lucide-react";
import type { Failure } from "../feed/laneMemory";
import { useMessages } from "../i18n/CatalogueContext";
import { useReason } from "../reasons/useReason";
import { useNow } from "../ui/useNow";
import { type Look, usePreview } from "./usePreview";

interface Props {
  name: string;
  look: Look;
  /** Why the lane gives no pictures. */
  failed: Failure | null;
  end: () => void;
}

/** What the camera sees now, in the place of the last car's picture, until the time is over. */
export function PreviewFrame({ name, look, failed, end }: Props) {
  const { preview, close } = useMessages();
  const reason = useReason();
  const { url, isSilent } = usePreview(failed ? null : look);
  const left = Math.max(0, Math.ceil((look.until - useNow()) / 1000));
  const why = failed ? reason(failed.code, failed.params, failed.text) || preview.silent : isSilent ? preview.silent : preview.asking;
  return (
    <div className="relative h-full min-h-24 overflow-hidden rounded-control bg-raised" data-preview={url ? "live" : failed ? "failed" : "asking"}>
      {url ? (
        <img src={url} alt={preview.now(name)} className="h-full min-h-24 w-full object-cover" width={320} height={180} />
      ) : (
        <p role="status" className="grid h-full min-h-24 place-items-center p-2 text-center text-small text-soft">
          {why}
        </p>
      )}
      {url && (
        <span className="absolute bottom-1 left-1 rounded-control bg-card px-2 py-0.5 text-small font-medium text-ink tabular-nums">
          {isSilent ? preview.silent : preview.live(left)}
        </span>
      )}
      <button
        type="button"
        onClick={end}
        aria-label={preview.stop}
        title={close}
        className="absolute top-0 right-0 grid min-h-11 min-w-11 place-items-center"
      >
        <span className="grid rounded-control bg-card p-1 text-ink">
          <X aria-hidden size={18} />
        </span>
      </button>
    </div>
  );
}
