// Texts of the modes of lanes and of holding all of them open, in English. Part of `en.ts`.
import type { HoldAllAction, LaneDirection, LaneMode } from "../api/schema.gen";

export const enModes = {
  modes: {
    title: (lane: string) => `What ${lane} is for`,
    hint: "The lane keeps it over restarts and without a network.",
    button: "Mode",
    names: {
      open: "Open",
      full: "Full",
      closed: "Closed",
      closed_to_all: "Closed to all",
      maintenance: "Maintenance",
      free_flow: "Free flow",
    } satisfies Record<LaneMode, string>,
    hints: {
      open: "Everybody who may comes in and leaves.",
      full: "Visitors are refused; subscribers and reservations come in; cars leave.",
      closed: "As full, but the sign says closed.",
      closed_to_all: "Nobody comes in; cars leave.",
      maintenance: "The lane takes no cars; a person can still open it.",
      free_flow: "The boom stays up, and everybody passes.",
    } satisfies Record<LaneMode, string>,
    until: "Until",
    untilHint: "Then the lane is open again. Empty: until somebody changes it.",
    forAll: "For every lane of this site",
    forAllHint: (site: string) => `Entries and exits of ${site}.`,
    holdAllInstead: "Use “Hold all open” below the lanes: a second person has to confirm it.",
    set: "Set the mode",
    asked: (what: string, mode: string) => `${what}: ${mode} asked for.`,
    pending: (mode: string) => `${mode} asked for; the lane has not said so yet`,
    endsAt: (time: string) => `until ${time}`,
  },

  holdAll: {
    hold: { entry: "Hold all entries open", exit: "Hold all exits open" } satisfies Record<LaneDirection, string>,
    release: { entry: "Release all entries", exit: "Release all exits" } satisfies Record<LaneDirection, string>,
    hint: "Nothing moves before another person confirms it within five minutes.",
    actions: { hold: "Hold open", free_flow: "Free flow" } satisfies Record<HoldAllAction, string>,
    actionHints: {
      hold: "By an order: ends when somebody releases the lanes, or with a restart of a lane.",
      free_flow: "By their mode: survives restarts and outages.",
    } satisfies Record<HoldAllAction, string>,
    ask: "Ask a second person",
    asked: "Asked. Another person has to confirm it.",
    wants: (who: string, what: string) => `${who} asks: ${what}`,
    secondPerson: "You asked for it: another person has to confirm it.",
    until: (time: string) => `Good until ${time}.`,
    confirm: "Confirm: open them",
    confirmed: "Confirmed: the lanes are ordered to open and stay open.",
    released: "The lanes are released.",
  },
};
