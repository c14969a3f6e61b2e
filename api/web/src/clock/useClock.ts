import { useCallback } from "react";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { formatTime } from "../ui/formatTime";

/** Writes times as the clocks of this screen's site show them. */
export function useClock(): (at: string | number) => string {
  const { site } = useSite();
  const { language } = useCatalogue();
  return useCallback(
    (at) => formatTime(at, site.time_zone, timeLocale(language), Date.now()),
    [site.time_zone, language],
  );
}

/** Day before month, as most of the world writes it. */
function timeLocale(language: string): string {
  return language === "en" ? "en-GB" : language;
}
