// Texts of alarms, in English. Part of `en.ts`.
import type { AlarmChange, AlarmKind, AlarmState } from "../api/schema.gen";
import { plural } from "./plural";

const count = plural("en");

export const enAlarms = {
  alarms: {
    title: "Alarms",
    states: { open: "Open", acknowledged: "Taken", closed: "Closed" } satisfies Record<AlarmState, string>,
    kind: "Kind",
    anyKind: "Every kind",
    kinds: {
      blocked_inside: "A car that is inside was blocked",
      blocked_plate: "A blocked car came",
      boom_fault: "The boom or its drive is faulty",
      boom_up_too_long: "The boom has been up for too long",
      camera: "The camera or the plate reader is faulty",
      certificate: "A certificate ends soon",
      device_trouble: "A device behaves as it should not",
      events_gap: "Events of the lane are missing",
      fire: "Fire alarm",
      lane_lost: "The lane is not heard any more",
      loop_stuck: "A loop is faulty",
      obstructed: "The boom hit something",
      queue_growing: "Events wait at the lane and are not sent",
      replayed_command: "An old order came again under new words",
      storage: "The lane's disk is faulty",
      subscriptions_ending: "Subscriptions end soon",
      unauthorised_passage: "A car passed without leave",
      unmatched_exits: "Cars left of which no entry is known",
    } satisfies Record<AlarmKind, string>,
    none: { open: "No open alarms", acknowledged: "Nobody is at work on one", closed: "None closed yet" } satisfies Record<AlarmState, string>,
    noneHint: "An alarm comes by itself when a lane, a boom or a camera needs a person.",
    since: "since",
    times: (times: number) => count(times, { one: "once", other: "# times" }),
    take: "I take it",
    taken: "It is yours now.",
    takenBy: (who: string) => `taken by ${who}`,
    close: "Close it",
    closeHint: "Say what you found or did. Whoever reads the history will thank you.",
    note: "Note",
    closed: "The alarm is closed.",
    byItself: "by itself",
    history: "History",
    what: { raised: "Raised", repeated: "Last heard of", acknowledged: "Taken", closed: "Closed" } satisfies Record<AlarmChange, string>,
    all: (alarms: number) => count(alarms, { one: "# open alarm", other: "All # open alarms" }),
    waiting: "Waits for somebody",
    gone: "This alarm is not known here.",
  },
};
