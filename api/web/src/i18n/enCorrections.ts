// Texts about numbers of the day and what is corrected, in English. Part of `en.ts`.
import { plural } from "./plural";

const count = plural("en");

export const enCorrections = {
  stats: {
    title: "Today",
    freeOf: (spaces: number) => `free of ${spaces}`,
    inside: "inside",
    occupied: "Occupied",
    entered: "came in today",
    processed: "left today",
    average: "stay on average",
    revenue: "taken today",
    setRight: "Set right",
    setRightHint: (inside: number, open: number) => `${inside} are counted inside, and ${open} stays are open.`,
    count: "The count",
    countHint: "Somebody counted the cars. Stays are as they were.",
    setCount: "Set the count",
    counted: (inside: number) => `${inside} are inside now.`,
    why: "Why",
    reset: "Stays of cars that left unseen",
    resetHint: "They are voided: nothing is charged for them any more. The count is as it was.",
    older: "Open for longer than",
    days: (n: number) => count(n, { one: "1 day", other: "# days" }),
    resetNow: "End these stays",
    ended: (n: number) => count(n, { one: "1 stay is ended.", other: "# stays are ended." }),
  },
  correction: {
    acts: { correct: "Correct", merge: "Merge", void: "Void" },
    reason: "Why",
    reasonHint: "Noted in the audit.",
    correctHint: "What was paid stays; a stay that has ended is charged anew.",
    plateHint: "Empty: nobody could read it.",
    entered: "Came in",
    exited: "Left",
    exitedHint: "A time here ends the stay.",
    corrected: "The stay is corrected.",
    voidHint: "It is in no number any more, as if it had never been. Nothing is charged.",
    voided: "The stay is voided.",
    mergeHint: "The car left, but its plate was read otherwise at the exit: choose which exit was its own.",
    exits: "Exits without an entry",
    noExits: "There is no exit without an entry after it came in",
    noExitsHint: "Correct the stay with the time at which it left instead.",
    merged: "The two halves are one stay.",
  },
};
