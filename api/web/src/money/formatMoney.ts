// Money as people read it. The digits are ISO 4217's, by which amounts are counted; a browser's own differ (HUF).
import type { Amount } from "../api/schema.gen";
import minorDigits from "./currencies.json";

const DIGITS: Record<string, number> = minorDigits;

export function currencyDigits(currency: string): number {
  return DIGITS[currency] ?? 2;
}

export function formatMoney(amount: Amount, language?: string): string {
  const digits = currencyDigits(amount.currency);
  const format = new Intl.NumberFormat(language, {
    style: "currency",
    currency: amount.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount.minor / 10 ** digits);
}

/** As the server writes it into texts: `12.50 EUR`. */
export function amountText({ minor, currency }: Amount): string {
  const digits = currencyDigits(currency);
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** The reverse of [`amountText`]. */
export function parseAmount(text: string): Amount | null {
  const found = /^(-?)(\d+)(?:\.(\d+))? ([A-Z]{3})$/.exec(text);
  if (!found) return null;
  const [, sign, whole = "0", part = "", currency = ""] = found;
  const digits = DIGITS[currency];
  if (digits === undefined || part.length !== digits) return null;
  const minor = Number(whole + part);
  return { minor: sign ? -minor : minor, currency };
}
