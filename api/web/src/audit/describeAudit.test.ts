import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../api/audit";
import { en } from "../i18n/en";
import { vi } from "../i18n/vi";
import { actorName, describeAudit } from "./describeAudit";

const CHANGED = ["before", "after"];
const ACTIONS: Pick<AuditEntry, "action" | "detail">[] = [
  { action: "decision.made", detail: { decision: "d", outcome: "deny", code: "DENY-FULL", params: {} } },
  { action: "decision.local", detail: { decision: "d", outcome: "open", code: "OPEN-FREE" } },
  {
    action: "arrival.paired",
    detail: { decision: "d", outcome: ["deny", "charge"], code: ["DENY-NO-STAY", "CHARGE-DUE"], distance: 4 },
  },
  { action: "command.ordered", detail: { action: "open", code: "OPEN-MANUAL" } },
  { action: "command.answered", detail: { state: "refused", code: "FAULT-CLOCK", counter: 7 } },
  { action: "stay.opened", detail: { code: "OPEN-VISITOR" } },
  { action: "stay.closed", detail: { charged_minor: 250 } },
  { action: "stay.paid", detail: { payment: "p", method: "cash", amount: { minor: 250, currency: "EUR" } as never } },
  { action: "exception", detail: { what: "left_unpaid" } },
  { action: "lane.fault", detail: { code: "FAULT-CLOCK", params: {}, raised: true } },
  { action: "events.gap", detail: { what: "gap", first: 3, last: 9, reason: "store lost" } },
  { action: "events.missing", detail: { device: "d", after: 3, upto: 9 } },
  { action: "device.store_behind", detail: { device: "d", above: 9 } },
  { action: "device.clock", detail: { device: "d", ahead_ms: 2_500, level: "differs" } },
  { action: "device.floods", detail: { why: "too many messages" } },
  { action: "device.twin", detail: { device: "d", live: "10.0.0.1", refused: "10.0.0.2" } },
  { action: "device.add", detail: { device: "pi-2", replaced: "pi-1" } },
  { action: "device.renew", detail: { device: "pi-2" } },
  { action: "device.revoke", detail: { device: "pi-2" } },
  { action: "user.add", detail: { user: "u", role: "guard" } },
  { action: "user.password", detail: { user: "u" } },
  { action: "user.disabled", detail: { user: "u", disabled: true } },
  { action: "user.password_link", detail: { user: "u", kind: "invitation" } },
  { action: "user.second_factor", detail: { user: "u", on: true } },
  { action: "user.unlocked", detail: { user: "u" } },
  { action: "setup.done", detail: { user: "u" } },
  { action: "user.set", detail: { user: "u", role: CHANGED, sites: CHANGED } },
  { action: "key.add", detail: { key: "k", permissions: ["lanes:read"] } },
  { action: "key.revoke", detail: { key: "k" } },
  { action: "site.add", detail: { code: "north" } },
  { action: "lane.add", detail: { lane: "l", code: "in-1", direction: "entry" } },
  { action: "site.set", detail: { name: CHANGED, time_zone: CHANGED } },
  { action: "lane.set", detail: { direction: CHANGED } },
  { action: "lane.mode", detail: { mode: ["open", "closed"] } },
  { action: "hold_all.requested", detail: { request: "r", direction: "exit", action: "hold" } },
  { action: "hold_all.confirmed", detail: { request: "r", direction: "entry", action: "hold", requested_by: "u" } },
  { action: "hold_all.released", detail: { direction: "exit" } },
  { action: "alarm.raised", detail: { alarm: "a", what: "lane_lost" } },
  { action: "alarm.acknowledged", detail: { alarm: "a", what: "lane_lost" } },
  { action: "alarm.closed", detail: { alarm: "a", what: "lane_lost" } },
  { action: "access.set", detail: { overstay_hours: CHANGED } },
  { action: "block.add", detail: { block: "b" } },
  { action: "block.set", detail: { block: "b", reason: true } },
  { action: "block.lift", detail: { block: "b" } },
  { action: "plan.add", detail: { plan: "p" } },
  { action: "plan.set", detail: { plan: "p" } },
  { action: "plan.retire", detail: { plan: "p", retired: true } },
  { action: "subscription.changed", detail: { subscription: "s", what: "paused" } },
  { action: "passback.reset", detail: { plates: 3 } },
  { action: "ticket.issued", detail: { ticket: "t", number: "PS-000000000" } },
  { action: "ticket.lost", detail: { ticket: "t", number: "PS-000000000" } },
  { action: "ticket.settled", detail: { ticket: "t", number: "PS-000000000", method: "cash" } },
  { action: "stay.corrected", detail: { plate: true, vehicle_type: ["car", "van"] } },
  { action: "stay.merged", detail: { other: "s", charged_minor: 200 } },
  { action: "stay.voided", detail: {} },
  { action: "occupancy.set", detail: { inside: ["1", "2"] } },
  { action: "occupancy.reset", detail: { ended: 3, before: "2026-11-30T08:00:00Z" } },
  { action: "vehicle.add", detail: { vehicle: "v" } },
  { action: "vehicle.set", detail: { vehicle: "v", fields: ["phone"] } },
  { action: "vehicle.remove", detail: { vehicle: "v" } },
  { action: "vehicle.history_seen", detail: { vehicle: "v" } },
  { action: "vehicles.imported", detail: { import: "i", created: 2, changed: 1 } },
  { action: "vehicles.import_undone", detail: { import: "i", undone: 3 } },
  { action: "vehicles.exported", detail: {} },
  { action: "tariff.set", detail: { tariff: "t", version: 3, from: "2026-12-01T00:00:00Z" } },
  { action: "tariff.draft", detail: { draft: "d" } },
  { action: "tariff.draft_discarded", detail: { draft: "d" } },
  { action: "validation.code", detail: { code: "c" } },
  { action: "validation.code_cancelled", detail: { code: "c" } },
  { action: "stay.validated", detail: { validation: "v", code: "c" } },
  { action: "stay.validation_cancelled", detail: { validation: "v", code: "c" } },
];

function line(done: Pick<AuditEntry, "action" | "detail">, subject = "nina"): AuditEntry {
  const actor = { kind: "user", id: "a", name: "ann" } as const;
  return { id: "1", at: "2026-11-30T10:00:00Z", actor, subject, ...done } as AuditEntry;
}

function money({ minor, currency }: { minor: number; currency: string }): string {
  return `${(minor / 100).toFixed(2)} ${currency}`;
}

function said(messages: typeof en, one: AuditEntry): string {
  return describeAudit(one, { messages, money, reason: (code) => `(${code})`, currency: "EUR" });
}

describe("a line of the audit", () => {
  it("is a sentence in both languages for everything that can be done", () => {
    expect(ACTIONS.map(({ action }) => action)).toEqual(Object.keys(en.audit.actions));
    for (const done of ACTIONS) {
      for (const messages of [en, vi]) {
        const text = said(messages, line(done));
        expect(text, done.action).not.toBe(messages.audit.later);
        expect(text, done.action).not.toMatch(/undefined|null|\[object/);
      }
      expect(said(en, line(done)), done.action).not.toBe(said(vi, line(done)));
    }
  });

  it("names whom it was done to, and what changed", () => {
    expect(said(en, line({ action: "user.set", detail: { user: "u", role: ["guard", "operator"] } }))).toBe(
      "Changed nina: role “guard” → “operator”",
    );
    expect(said(en, line({ action: "user.password", detail: { user: "u" } }, ""))).toBe("Gave somebody a new password");
    expect(said(en, line({ action: "stay.closed", detail: { charged_minor: 250 } }))).toBe("A stay ended, 2.50 EUR charged");
  });

  it("says so where only a later version knows what was done", () => {
    expect(said(en, line({ action: "bay.sold", detail: {} } as never))).toBe(en.audit.later);
  });

  it("is by somebody with a name, or by a kind of actor", () => {
    expect(actorName({ actor: { kind: "user", id: "a", name: "ann" } }, en)).toBe("ann");
    expect(actorName({ actor: { kind: "job", name: "" } }, en)).toBe("Job");
  });
});
