// Texts of near candidates, looks through the camera and counted readings, in English. Part of `en.ts`.
import type { Likeness } from "../api/schema.gen";
import { plural } from "./plural";

const count = plural("en");

export const enPairing = {
  pairing: {
    title: "Which car inside is it?",
    hint: "Nothing opens by itself: compare the pictures and confirm one.",
    none: "No car inside is that near.",
    typed: "Plate as you read it",
    entered: (at: string, lane: string) => (lane ? `in ${at} at ${lane}` : `in ${at}`),
    picture: (plate: string) => `${plate} at the entry`,
    unreadCar: "Unread car",
    likeness: {
      same: "the same plate",
      look_alike: "look-alike letters",
      near: "one letter differs",
      far: "several letters differ",
      unknown: "no plate to compare",
    } satisfies Record<Likeness, string>,
    owes: (amount: string) => `owes ${amount}`,
    nothing: "owes nothing",
    confirm: (plate: string) => `It is ${plate}`,
    done: {
      open: (plate: string) => `${plate} confirmed: it may pass.`,
      charge: (plate: string, amount: string) => `${plate} confirmed: ${amount} to pay.`,
      deny: (plate: string) => `${plate} confirmed, and still refused.`,
    },
  },
  preview: {
    button: "Look",
    title: (lane: string) => `Look through the camera of ${lane}`,
    now: (lane: string) => `${lane} now`,
    live: (seconds: number) => `now · ${seconds} s left`,
    asking: "The lane is asked for a picture…",
    silent: "No picture comes from the lane.",
    ended: "The look is over.",
    stop: "Stop looking",
  },
  readings: {
    title: "Plates, last 7 days",
    counts: (right: string, corrected: string, missed: string) => `${right} read, ${corrected} corrected, ${missed} missed`,
    none: "no car yet",
    share: (percent: string) => `${percent} right`,
    cars: (cars: number) => count(cars, { one: "# car", other: "# cars" }),
  },
};
