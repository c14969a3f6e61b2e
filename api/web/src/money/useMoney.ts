import { useCallback } from "react";
import type { Amount } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { formatMoney } from "./formatMoney";

/** Writes amounts in the language of this screen. */
export function useMoney(): (amount: Amount) => string {
  const { language } = useCatalogue();
  return useCallback((amount) => formatMoney(amount, moneyLocale(language)), [language]);
}

/** English amounts follow the browser's English, so that 1,234.50 looks as its reader writes it. */
function moneyLocale(language: string): string {
  return navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
}
