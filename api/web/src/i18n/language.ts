// The language of this screen: the one chosen here, else the browser's, else English.
import { type Messages, en } from "./en";

export const LANGUAGES = { en: "English", vi: "Tiếng Việt" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = "boomgate.language";

function isLanguage(text: string | null | undefined): text is Language {
  return text != null && text in LANGUAGES;
}

/** What was chosen, else the first of `wanted` that there is. */
export function pickLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

export function currentLanguage(): Language {
  return pickLanguage(localStorage.getItem(STORED), navigator.languages);
}

export function storeLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
}

export interface Catalogue {
  language: Language;
  messages: Messages;
  /** Texts of reason codes with {parameter} places. */
  reasons: Record<string, string>;
}

export async function loadCatalogue(language: Language): Promise<Catalogue> {
  if (language === "vi") {
    const [{ vi }, reasons] = await Promise.all([import("./vi"), import("./reasons.vi.json")]);
    return { language, messages: vi, reasons: reasons.default };
  }
  const reasons = await import("./reasons.en.json");
  return { language, messages: en, reasons: reasons.default };
}
