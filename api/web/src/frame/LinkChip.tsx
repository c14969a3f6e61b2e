import { CircleDot, CloudOff, Hourglass, LoaderCircle } from "lucide-react";
import { useFeed } from "../feed/SiteContext";
import type { Link } from "../feed/feedState";
import { type Messages } from "../i18n/en";
import { useMessages } from "../i18n/CatalogueContext";
import { useClock } from "../clock/useClock";

const LOOK = {
  connecting: { Icon: LoaderCircle, tone: "text-soft" },
  live: { Icon: CircleDot, tone: "text-open" },
  behind: { Icon: Hourglass, tone: "bg-charge-ground text-charge" },
  offline: { Icon: CloudOff, tone: "bg-deny-ground text-deny" },
} as const;

function words(link: Link, messages: Messages, clock: (at: number) => string): string {
  switch (link.kind) {
    case "connecting":
      return messages.link.connecting;
    case "live":
      return messages.link.live;
    case "behind":
      return messages.link.behind(link.seconds);
    case "offline":
      return messages.link.offline(link.since === null ? "" : clock(link.since));
  }
}

/** Whether what is shown is what is: live, behind by so much, or offline since when. */
export function LinkChip() {
  const messages = useMessages();
  const clock = useClock();
  const link = useFeed((view) => view.link);
  const { Icon, tone } = LOOK[link.kind];
  return (
    <div
      role="status"
      aria-label={messages.link.label}
      data-link={link.kind}
      className={`flex min-h-8 items-center gap-1.5 rounded-control px-2 text-small font-semibold tabular-nums ${tone}`}
    >
      <Icon aria-hidden size={15} className="shrink-0" />
      <span>{words(link, messages, clock)}</span>
    </div>
  );
}
