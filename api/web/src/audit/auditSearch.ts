import type { AuditActionName } from "../api/audit";
import { enAudit } from "../i18n/enAudit";

/** What the screen's address says; an empty text takes a filter away. Times are the site's. */
export interface AuditSearch {
  action?: AuditActionName | "";
  actor?: string;
  stay?: string;
  from?: string;
  until?: string;
}

export function isAuditAction(text: unknown): text is AuditActionName {
  return typeof text === "string" && Object.hasOwn(enAudit.audit.actions, text);
}
