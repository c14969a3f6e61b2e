import { createContext, use } from "react";
import type { Catalogue, Language } from "./language";
import type { Messages } from "./en";

interface Value extends Catalogue {
  setLanguage: (language: Language) => void;
}

export const CatalogueContext = createContext<Value | null>(null);

export function useCatalogue(): Value {
  const value = use(CatalogueContext);
  if (!value) throw new Error("no catalogue above this component");
  return value;
}

export function useMessages(): Messages {
  return useCatalogue().messages;
}
