// Money as people read it. The digits are ISO 4217's, by which amounts are counted; a browser's own differ (HUF).

import { minorDigits } from "/currencies.js";

export function money(amount) {
  if (!amount) return "";
  const digits = minorDigits[amount.currency] ?? 2;
  const format = new Intl.NumberFormat(undefined, {
    style: "currency", currency: amount.currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return format.format(amount.minor / 10 ** digits);
}
