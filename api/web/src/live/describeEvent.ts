// One row of the feed in words. Pure.
import {
  type AlarmEvent,
  type CommandEvent,
  type DecisionEvent,
  type HoldAllEvent,
  type LiveEvent,
  type ModeEvent,
  amountOf,
} from "../api/liveEvent";
import type { Amount } from "../api/schema.gen";
import type { Messages } from "../i18n/en";
import type { Shown } from "../ui/outcomeLook";

export interface Described {
  /** How it looks; none for what is neither good nor bad. */
  tone: Shown | null;
  text: string;
}

export interface Words {
  messages: Messages;
  money: (amount: Amount) => string;
  reason: (code: string | null | undefined, params: Record<string, string> | undefined, said: string | null | undefined) => string;
}

/** `plate` is that of the car it is about, where the event itself does not say. */
export function describeEvent(event: LiveEvent, plate: string | null, words: Words): Described {
  const { messages, money, reason } = words;
  const { activity } = messages;
  switch (event.kind) {
    case "decision":
      return decision(event, words);
    case "arrival":
      return { tone: null, text: activity.arrives(plate ?? event.data.plate ?? activity.aCar) };
    case "passage":
      return { tone: null, text: activity.passage[event.data.kind](plate ?? activity.aCar) };
    case "payment": {
      return { tone: "open", text: activity.paid(money(amountOf(event)), messages.money.methods[event.data.method]) };
    }
    case "command":
      return command(event, words);
    case "exception":
    case "notice": {
      const { what } = event.data;
      return { tone: "deny", text: messages.exceptions[what] };
    }
    case "fault": {
      const { code, params, raised } = event.data;
      const text = reason(code, params, event.text);
      return { tone: raised ? "deny" : null, text: raised ? text : activity.over(text) };
    }
    case "alarm":
      return alarm(event, words);
    case "boom":
      return { tone: null, text: messages.boom.label(messages.boom[event.data.state]) };
    case "mode":
      return mode(event, words);
    case "hold_all":
      return holdAll(event, words);
    case "stay":
      return { tone: null, text: activity.stayAct[event.data.what](event.data.by) };
    case "occupancy":
      return { tone: null, text: activity.occupancy(event.data.by, event.data.inside, event.data.ended) };
    case "ticket":
      return { tone: null, text: messages.tickets.activity(event.data.number, event.data.by, event.data.settled) };
    case "picture":
      return { tone: null, text: "" };
  }
}

/** How a person wrote the plate in the list that decided, where it is not as it was read. */
function decision({ data, text }: DecisionEvent, { messages, reason }: Words): Described {
  const { plate, outcome, code, params, listed_as: listed, by } = data;
  const name = plate ?? messages.activity.unread;
  const also = listed && listed !== plate ? ` (${messages.activity.listedAs(listed)})` : "";
  const who = by ? ` (${messages.activity.confirmedBy(by)})` : "";
  return { tone: outcome, text: `${name}${also}${who}: ${reason(code, params, text)}` };
}

/** Its cause in words while it is open; then only that somebody took or closed it. */
function alarm({ data, text }: AlarmEvent, { messages, reason }: Words): Described {
  const { activity, alarms } = messages;
  const what = reason(data.code, data.params, data.what ? alarms.kinds[data.what] : text);
  if (data.state === "open") return { tone: "deny", text: activity.alarm(what) };
  const who = data.by ?? alarms.byItself;
  return { tone: null, text: activity.alarmState(alarms.states[data.state], what, who) };
}

/** What somebody wishes; or, by the lane itself, what it is for now. */
function mode({ data }: ModeEvent, { messages }: Words): Described {
  const { activity, modes } = messages;
  if (!data.by) return { tone: null, text: activity.modeIs(modes.names[data.reported ?? data.wanted]) };
  return { tone: null, text: activity.modeWanted(data.by, modes.names[data.wanted], data.reason ?? "") };
}

function holdAll({ data }: HoldAllEvent, { messages }: Words): Described {
  const { activity, holdAll: texts } = messages;
  const what = (data.state === "released" ? texts.release : texts.hold)[data.direction];
  return { tone: data.state === "confirmed" ? "deny" : null, text: activity.holdAll[data.state](data.by, what, data.reason) };
}

function command({ data, text }: CommandEvent, { messages, reason }: Words): Described {
  if (data.by) {
    const action = data.action && data.action !== "charge" ? messages.order[data.action] : "";
    return { tone: null, text: messages.activity.ordered(action, data.by, data.reason ?? "") };
  }
  const why = data.code ? reason(data.code, data.params, text) : "";
  return { tone: "deny", text: messages.activity.orderState(data.state ? messages.order.state[data.state] : "", why) };
}
