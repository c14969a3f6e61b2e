// What was filled in of the first run so far, kept while the page is loaded anew; never the password. Pure, but for the
// two at the end.
import type { LaneDirection, NewSetup, SetupTariff } from "../api/schema.gen";

export const STEPS = ["company", "site", "lanes", "prices", "admin"] as const;
export type Step = (typeof STEPS)[number];

export interface LaneDraft {
  code: string;
  name: string;
  direction: LaneDirection;
}

export interface Draft {
  company: string;
  site: { name: string; timeZone: string; currency: string; languages: readonly string[]; capacity: string };
  lanes: readonly LaneDraft[];
  template: SetupTariff["template"];
  /** As typed, in the currency's main unit. */
  price: string;
  admin: { name: string; email: string };
}

export const CODE = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** A code from a name: small letters, digits and dashes. */
export function codeOf(name: string): string {
  const plain = name.normalize("NFD").replace(/\p{Diacritic}/gu, "").replace(/đ/gi, "d").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 30);
}

/** Minor units of a typed amount; null where it is none, or nothing. */
export function minorOf(text: string, digits: number): number | null {
  const found = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim());
  if (!found) return null;
  const [, whole = "", part = ""] = found;
  if (part.length > digits) return null;
  const minor = Number(whole + part.padEnd(digits, "0"));
  return minor > 0 ? minor : null;
}

/** Whether a step has what it needs. */
export function isFilled(step: Step, draft: Draft, digits: number): boolean {
  switch (step) {
    case "company":
      return draft.company.trim() !== "";
    case "site":
      return codeOf(draft.site.name) !== "" && draft.site.languages.length > 0 && /^\d*$/.test(draft.site.capacity);
    case "lanes": {
      const codes = draft.lanes.map(({ code }) => code);
      const areGood = draft.lanes.every(({ code, name }) => CODE.test(code) && name.trim() !== "");
      return codes.length > 0 && areGood && new Set(codes).size === codes.length;
    }
    case "prices":
      return minorOf(draft.price, digits) !== null;
    case "admin":
      return draft.admin.name.trim() !== "";
  }
}

/** The first step that lacks something, up to the one wanted. */
export function reachable(wanted: Step, draft: Draft, digits: number): Step {
  const before = STEPS.slice(0, STEPS.indexOf(wanted));
  return before.find((step) => !isFilled(step, draft, digits)) ?? wanted;
}

export interface Secrets {
  token: string;
  password: string;
  totp: { secret: string; otp: string } | null;
}

export function setupOf(draft: Draft, { token, password, totp }: Secrets, digits: number): NewSetup {
  const { site, admin } = draft;
  return {
    token,
    company: draft.company.trim(),
    site: {
      code: codeOf(site.name),
      name: site.name.trim(),
      time_zone: site.timeZone,
      currency: site.currency,
      languages: [...site.languages],
      capacity: site.capacity === "" ? null : Number(site.capacity),
    },
    lanes: draft.lanes.map(({ code, name, direction }) => ({ code, name: name.trim(), direction })),
    tariff: { template: draft.template, price: minorOf(draft.price, digits) ?? 0 },
    admin: {
      name: admin.name.trim(),
      email: admin.email.trim() || null,
      password,
      totp,
    },
  };
}

/** The currency of where the browser's clock stands, as far as anybody can guess. */
const CURRENCIES: Readonly<Record<string, string>> = {
  "Asia/Ho_Chi_Minh": "VND",
  "Asia/Saigon": "VND",
  "Europe/London": "GBP",
  "Europe/Prague": "CZK",
  "Europe/Warsaw": "PLN",
  "Europe/Budapest": "HUF",
  "Europe/Zurich": "CHF",
  "America/New_York": "USD",
  "America/Los_Angeles": "USD",
};

export function firstDraft(timeZone: string, language: string, lanes: readonly LaneDraft[]): Draft {
  return {
    company: "",
    site: { name: "", timeZone, currency: CURRENCIES[timeZone] ?? "EUR", languages: [language], capacity: "" },
    lanes,
    template: "hourly",
    price: "",
    admin: { name: "", email: "" },
  };
}

const STORED = "boomgate.setup";

export function storedDraft(first: Draft): Draft {
  try {
    const read = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Draft | null;
    return read ? { ...first, ...read, site: { ...first.site, ...read.site }, admin: { ...first.admin, ...read.admin } } : first;
  } catch {
    return first;
  }
}

export function storeDraft(draft: Draft | null): void {
  if (draft) sessionStorage.setItem(STORED, JSON.stringify(draft));
  else sessionStorage.removeItem(STORED);
}
