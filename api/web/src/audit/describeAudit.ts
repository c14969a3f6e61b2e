// One line of the audit in a sentence. Pure.
import type { AuditEntry } from "../api/audit";
import type { Amount, LaneMode, Role } from "../api/schema.gen";
import type { Messages } from "../i18n/en";

export interface AuditWords {
  messages: Messages;
  money: (amount: Amount) => string;
  reason: (code: string | null | undefined, params: Record<string, string> | undefined, said: string | null | undefined) => string;
  /** Of the site. */
  currency: string;
}

type Changes = Record<string, readonly string[] | null | undefined>;

export function describeAudit(line: AuditEntry, words: AuditWords): string {
  const { messages, money, reason, currency } = words;
  const { alarms, audit, holdAll, order, outcome, why } = messages;
  const { did } = audit;
  const because = (code: string | null | undefined, params?: Record<string, string>) =>
    code ? (why[code] ?? reason(code, params, code)) : "";
  const device = line.subject || did.someDevice;
  const person = line.subject || did.somebody;
  switch (line.action) {
    case "decision.made":
      return did.decided(outcome[line.detail.outcome], because(line.detail.code, line.detail.params));
    case "decision.local":
      return did.decidedLocally(outcome[line.detail.outcome], because(line.detail.code));
    case "arrival.paired": {
      const [before = "", after = ""] = line.detail.code.map((code) => because(code));
      return did.paired(before, after);
    }
    case "command.ordered":
      return did.ordered(line.detail.action === "charge" ? outcome.charge : order[line.detail.action]);
    case "command.answered":
      return did.answered(order.state[line.detail.state], because(line.detail.code));
    case "stay.opened":
      return did.stayOpened(because(line.detail.code));
    case "stay.closed": {
      const { charged_minor: minor, code } = line.detail;
      return did.stayClosed(minor ? money({ minor, currency }) : "", because(code));
    }
    case "stay.paid":
      // The document says of the amount only that it is an object.
      return did.paid(money(line.detail.amount as unknown as Amount), messages.money.methods[line.detail.method]);
    case "exception":
      return messages.exceptions[line.detail.what];
    case "lane.fault":
      return did.fault(reason(line.detail.code, line.detail.params, line.detail.code), line.detail.raised);
    case "events.gap":
      return did.gap(line.detail.first, line.detail.last, line.detail.reason);
    case "events.missing":
      return did.missing(device, line.detail.after, line.detail.upto);
    case "device.store_behind":
      return did.storeBehind(device, line.detail.above);
    case "device.clock":
      return did.clock(device, `${(line.detail.ahead_ms / 1000).toFixed(1)} s`, line.detail.level);
    case "device.floods":
      return did.floods(device, line.detail.why ?? line.detail.peer ?? "");
    case "device.twin":
      return did.twin(device, line.detail.live, line.detail.refused);
    case "device.add":
      return did.deviceAdded(line.detail.device, line.detail.replaced ?? "");
    case "device.renew":
      return did.deviceRenewed(line.detail.device);
    case "device.revoke":
      return did.deviceRevoked(line.detail.device);
    case "user.add":
      return did.userAdded(person, roleWord(line.detail.role, messages));
    case "user.password":
      return did.userPassword(person);
    case "user.disabled":
      return did.userDisabled(person, line.detail.disabled);
    case "user.password_link":
      return did.passwordLink(person, line.detail.kind === "invitation");
    case "user.second_factor":
      return did.secondFactor(person, line.detail.on);
    case "user.unlocked":
      return did.unlocked(person);
    case "setup.done":
      return did.setUp(person);
    case "user.set":
      return did.userChanged(person, changed(line.detail, messages));
    case "key.add":
      return did.keyAdded(line.subject || did.someKey, line.detail.permissions.join(", "));
    case "key.revoke":
      return did.keyRevoked(line.subject || did.someKey);
    case "site.set":
      return did.siteChanged(changed(line.detail, messages));
    case "lane.set":
      return did.laneChanged(changed(line.detail, messages));
    case "site.add":
      return did.siteAdded(line.detail.code);
    case "lane.add":
      return did.laneAdded(line.detail.code, line.detail.direction);
    case "lane.mode": {
      const [before = "", after = ""] = line.detail.mode.map((mode) => modeWord(mode, messages));
      return did.modeSet(before, after);
    }
    case "hold_all.requested":
      return did.holdAllAsked(directionOf(line.detail.direction, holdAll.hold));
    case "hold_all.confirmed":
      return did.holdAllConfirmed(directionOf(line.detail.direction, holdAll.hold));
    case "hold_all.released":
      return directionOf(line.detail.direction, holdAll.release);
    case "alarm.raised":
      return did.alarmRaised(alarms.kinds[line.detail.what]);
    case "alarm.acknowledged":
      return did.alarmTaken(alarms.kinds[line.detail.what]);
    case "alarm.closed":
      return did.alarmClosed(alarms.kinds[line.detail.what]);
    case "vehicle.set":
      return did.vehicleChanged(line.detail.fields.map((field) => vehicleField(field, messages)).join(", "));
    case "vehicles.imported":
      return did.vehiclesImported(line.detail.created, line.detail.changed);
    case "vehicles.import_undone":
      return did.importUndone(line.detail.undone);
    case "stay.corrected":
      return did.stayCorrected(correctedFields(line.detail, messages), changed(line.detail, messages));
    case "stay.merged":
      return did.stayMerged(money({ minor: line.detail.charged_minor, currency }));
    case "occupancy.set":
      return did.occupancySet(line.detail.inside[0] ?? "", line.detail.inside[1] ?? "");
    case "occupancy.reset":
      return did.occupancyReset(line.detail.ended);
    case "stay.voided":
    case "vehicle.add":
    case "vehicle.remove":
    case "vehicle.history_seen":
    case "vehicles.exported":
      return audit.actions[line.action];
    case "access.set":
      return did.accessChanged(changed(line.detail, messages));
    case "block.add":
      return did.blocked(line.subject || did.somePlate);
    case "block.set":
      return did.blockChanged(line.subject || did.somePlate);
    case "block.lift":
      return did.blockLifted(line.subject || did.somePlate);
    case "plan.add":
      return did.planMade;
    case "plan.set":
      return did.planChanged;
    case "plan.retire":
      return did.planRetired(line.detail.retired);
    case "subscription.changed":
      return did.subscription(line.subject || did.someHolder, messages.subscriptions.what[line.detail.what]);
    case "passback.reset":
      return did.passbackReset(line.detail.plates);
    case "ticket.issued":
      return did.ticketIssued(line.detail.number);
    case "ticket.lost":
      return did.ticketLost(line.detail.number);
    case "ticket.settled": {
      const { number, method } = line.detail;
      return did.ticketSettled(number, method ? messages.money.methods[method] : "");
    }
    case "tariff.set":
      return did.tariffSet(line.detail.version, line.detail.from ?? null);
    case "tariff.draft":
      return did.tariffDrafted;
    case "tariff.draft_discarded":
      return did.tariffDraftDiscarded;
    case "validation.code":
      return did.codeMade;
    case "validation.code_cancelled":
      return did.codeCancelled;
    case "stay.validated":
      return did.validated;
    case "stay.validation_cancelled":
      return did.validationCancelled;
    default:
      return audit.later;
  }
}

/** The plate's values are personal and not told. */
function correctedFields(detail: { plate: boolean }, { vehicles }: Messages): string {
  return detail.plate ? vehicles.fields.plate : "";
}

function vehicleField(field: string, { vehicles }: Messages): string {
  const names: Record<string, string> = { ...vehicles.fields };
  return names[field] ?? field;
}

function modeWord(mode: string, { modes }: Messages): string {
  return Object.hasOwn(modes.names, mode) ? modes.names[mode as LaneMode] : mode;
}

function directionOf(direction: string, texts: Messages["holdAll"]["hold"]): string {
  return direction === "exit" ? texts.exit : texts.entry;
}

function roleWord(role: string, { roles }: Messages): string {
  return Object.hasOwn(roles, role) ? roles[role as Role] : role;
}

/** What was before and is after, field by field. */
function changed(detail: object, { audit: { did } }: Messages): string {
  return Object.entries(detail as Changes)
    .flatMap(([field, pair]) => {
      const [before, after] = Array.isArray(pair) ? pair : [];
      const name = did.fields[field];
      return name && before !== undefined && after !== undefined ? [did.change(name, before, after)] : [];
    })
    .join(", ");
}

/** Who did it: a name where there is one, else what kind of actor it is. */
export function actorName({ actor }: Pick<AuditEntry, "actor">, { audit }: Messages): string {
  return actor.name || audit.actors[actor.kind];
}
