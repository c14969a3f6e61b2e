import { useMessages } from "../i18n/CatalogueContext";
import { OUTCOME_LOOK, type Shown } from "./outcomeLook";

/** An outcome within a line of text. */
export function Outcome({ outcome }: { outcome: Shown }) {
  const messages = useMessages();
  const { Icon, text } = OUTCOME_LOOK[outcome];
  return (
    <span className={`inline-flex items-center gap-1.5 font-semibold ${text}`}>
      <Icon aria-hidden size={16} className="shrink-0" />
      {messages.outcome[outcome]}
    </span>
  );
}
