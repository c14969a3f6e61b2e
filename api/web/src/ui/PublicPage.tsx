import type { ReactNode } from "react";
import { useCatalogue } from "../i18n/CatalogueContext";
import { LANGUAGES, type Language } from "../i18n/language";

/** What stands around the pages that are shown before anybody has logged in. */
export function PublicPage({ isWide = false, children }: { isWide?: boolean; children: ReactNode }) {
  const { messages } = useCatalogue();
  return (
    <main className="grid min-h-dvh content-center justify-items-center gap-6 p-4">
      <title>Boomgate</title>
      <h1 className="flex items-center gap-3 text-title font-semibold">
        <img src="/icon.svg" alt="" width={40} height={40} />
        {messages.app}
      </h1>
      <div className={`w-full rounded-card border border-line bg-card p-6 ${isWide ? "max-w-2xl" : "max-w-sm"}`}>{children}</div>
      <LanguageChoice />
    </main>
  );
}

function LanguageChoice() {
  const { messages, language, setLanguage } = useCatalogue();
  return (
    <select
      aria-label={messages.login.language}
      value={language}
      onChange={(event) => setLanguage(event.target.value as Language)}
      className="min-h-11 rounded-control border border-strong-line bg-card px-2"
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
