import { CircleSlash, LogIn, LogOut, ScanEye } from "lucide-react";
import type { Stay } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";

const ICONS = { open: LogIn, closed: LogOut, exit_only: ScanEye, voided: CircleSlash } as const;

/** Where the car is, as far as is known. */
export function StayStatus({ status }: { status: Stay["status"] }) {
  const messages = useMessages();
  const Icon = ICONS[status];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${status === "open" ? "font-medium" : "text-soft"}`}>
      <Icon aria-hidden size={16} />
      {messages.stays.states[status]}
    </span>
  );
}
