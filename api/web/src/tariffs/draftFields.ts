// A tariff as it is typed, and the tariff that it means. Pure.
import type { TariffBody, TariffDay, TariffHoliday, TariffRule, TariffVehicle } from "../api/schema.gen";

export const VEHICLES: readonly TariffVehicle[] = ["car", "motorcycle", "van", "truck", "bus"];
export const DAYS: readonly TariffDay[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"];

export interface BandFields {
  price: string;
  step: string;
  upTo: string;
}

export interface RuleFields {
  /** Only here, so that rules keep their place on the screen while they move. */
  key: number;
  name: string;
  vehicles: readonly TariffVehicle[];
  days: readonly TariffDay[];
  from: string;
  until: string;
  bands: readonly BandFields[];
}

export interface TariffFields {
  name: string;
  grace: string;
  free: string;
  exit: string;
  dailyCap: string;
  cap24h: string;
  monthlyCap: string;
  lostTicket: string;
  vat: string;
  holidays: readonly TariffHoliday[];
  rules: readonly RuleFields[];
}

/** What cannot be read, by the path the server would use. */
export type Unread = Readonly<Record<string, "price" | "number" | "percent">>;

export interface Read {
  body: TariffBody;
  unread: Unread;
}

export function priceText(minor: number | null | undefined, digits: number): string {
  return minor === null || minor === undefined ? "" : (minor / 10 ** digits).toFixed(digits);
}

function numberText(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

let nextKey = 1;

export function emptyRule(name: string): RuleFields {
  return { key: nextKey++, name, vehicles: [], days: [], from: "", until: "", bands: [{ price: "", step: "60", upTo: "" }] };
}

export function fieldsOf(tariff: TariffBody, digits: number): TariffFields {
  const rule = (one: TariffRule): RuleFields => ({
    key: nextKey++,
    name: one.name,
    vehicles: one.vehicles ?? [],
    days: one.days ?? [],
    from: one.window?.from.slice(0, 5) ?? "",
    until: one.window?.until.slice(0, 5) ?? "",
    bands: one.bands.map((band) => ({
      price: priceText(band.price, digits),
      step: numberText(band.step_minutes),
      upTo: numberText(band.until_minute),
    })),
  });
  return {
    name: tariff.name,
    grace: numberText(tariff.grace_minutes ?? 0),
    free: numberText(tariff.free_minutes ?? 0),
    exit: numberText(tariff.exit_time_minutes ?? 0),
    dailyCap: priceText(tariff.daily_cap, digits),
    cap24h: priceText(tariff.cap_24h, digits),
    monthlyCap: priceText(tariff.monthly_cap, digits),
    lostTicket: priceText(tariff.lost_ticket, digits),
    vat: tariff.vat_basis_points === null || tariff.vat_basis_points === undefined ? "" : String(tariff.vat_basis_points / 100),
    holidays: tariff.holidays ?? [],
    rules: tariff.rules.map(rule),
  };
}

/** Minor units of a typed amount of 0 or more; null where it is none. */
export function minorOfText(text: string, digits: number): number | null {
  const found = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim());
  if (!found) return null;
  const [, whole = "", part = ""] = found;
  return part.length > digits ? null : Number(whole + part.padEnd(digits, "0"));
}

/** The tariff that was typed; what cannot be read is 0 or none in it, and named. */
export function readFields(fields: TariffFields, digits: number): Read {
  const unread: Record<string, Unread[string]> = {};
  const wrong = (path: string, what: Unread[string]) => {
    unread[path] = what;
    return null;
  };
  const minutes = (path: string, text: string) =>
    /^\d{1,6}$/.test(text.trim()) ? Number(text) : text.trim() === "" ? null : wrong(path, "number");
  const optional = (path: string, text: string) =>
    text.trim() === "" ? null : (minorOfText(text, digits) ?? wrong(path, "price"));
  const price = (path: string, text: string) => minorOfText(text, digits) ?? wrong(path, "price") ?? 0;
  const percent = (path: string, text: string) => {
    if (text.trim() === "") return null;
    const found = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
    if (!found) return wrong(path, "percent");
    return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  };
  const rule = (one: RuleFields, index: number): TariffRule => {
    const path = `rules[${index}]`;
    return {
      name: one.name,
      vehicles: [...one.vehicles],
      days: [...one.days],
      window: one.from || one.until ? { from: one.from || "00:00", until: one.until || "24:00" } : null,
      bands: one.bands.map((band, at) => ({
        price: price(`${path}.bands[${at}].price`, band.price),
        step_minutes: minutes(`${path}.bands[${at}].step_minutes`, band.step),
        until_minute: minutes(`${path}.bands[${at}].until_minute`, band.upTo),
      })),
    };
  };
  const body: TariffBody = {
    name: fields.name,
    grace_minutes: minutes("grace_minutes", fields.grace) ?? 0,
    free_minutes: minutes("free_minutes", fields.free) ?? 0,
    exit_time_minutes: minutes("exit_time_minutes", fields.exit) ?? 0,
    daily_cap: optional("daily_cap", fields.dailyCap),
    cap_24h: optional("cap_24h", fields.cap24h),
    monthly_cap: optional("monthly_cap", fields.monthlyCap),
    lost_ticket: optional("lost_ticket", fields.lostTicket),
    vat_basis_points: percent("vat_basis_points", fields.vat),
    holidays: [...fields.holidays],
    rules: fields.rules.map(rule),
  };
  return { body, unread };
}
