import { Clock3, TrafficCone } from "lucide-react";
import type { Lane } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { useClock } from "../clock/useClock";

/** What the lane is for, where that is not everything; and whether it has said so. Nothing for an open lane. */
export function LaneModeNote({ lane }: { lane: Lane }) {
  const { modes } = useMessages();
  const clock = useClock();
  const { wanted, reported_mode: reported } = lane;
  const isDone = (reported ?? "open") === wanted.mode;
  if (wanted.mode === "open" && isDone) return null;
  const Icon = isDone ? TrafficCone : Clock3;
  return (
    <div
      data-mode={wanted.mode}
      data-mode-done={isDone}
      className={`flex items-start gap-2 rounded-control border-2 px-3 py-2 ${
        isDone ? "border-charge bg-charge-ground text-charge" : "border-dashed border-accent text-accent"
      }`}
    >
      <Icon aria-hidden size={18} className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        <p className="font-semibold">
          {isDone ? modes.names[wanted.mode] : modes.pending(modes.names[wanted.mode])}
          {wanted.until && ` · ${modes.endsAt(clock(wanted.until))}`}
        </p>
        {wanted.reason && (
          <p className="text-small wrap-anywhere">
            {wanted.by ? `${wanted.by}: ` : ""}
            {wanted.reason}
          </p>
        )}
      </div>
    </div>
  );
}
