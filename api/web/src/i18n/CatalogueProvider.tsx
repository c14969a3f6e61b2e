import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { CatalogueContext } from "./CatalogueContext";
import { type Catalogue, type Language, loadCatalogue, storeLanguage } from "./language";

/** Gives the texts of one language to what stands below, and changes it. */
export function CatalogueProvider({ first, children }: { first: Catalogue; children: ReactNode }) {
  const [catalogue, setCatalogue] = useState(first);
  const setLanguage = useCallback((language: Language) => {
    storeLanguage(language);
    void loadCatalogue(language).then(setCatalogue);
  }, []);
  useEffect(() => {
    document.documentElement.lang = catalogue.language;
  }, [catalogue.language]);
  const value = useMemo(() => ({ ...catalogue, setLanguage }), [catalogue, setLanguage]);
  return <CatalogueContext value={value}>{children}</CatalogueContext>;
}
