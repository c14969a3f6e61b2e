import { useCallback } from "react";
import { parseAmount } from "../money/formatMoney";
import { useMoney } from "../money/useMoney";
import { useCatalogue } from "../i18n/CatalogueContext";
import { reasonText } from "../i18n/reasonText";

/** A reason in words: in this screen's language where its parameters are known, else as the server said it. */
export function useReason() {
  const { reasons } = useCatalogue();
  const money = useMoney();
  return useCallback(
    (code: string | null | undefined, params: Record<string, string> | null | undefined, said: string | null | undefined) => {
      if (!code) return said ?? "";
      const written = Object.entries(params ?? {}).map(([name, value]) => {
        const amount = typeof value === "string" ? parseAmount(value) : null;
        return [name, amount ? money(amount) : value];
      });
      return reasonText(reasons, code, Object.fromEntries(written)) ?? said ?? code;
    },
    [reasons, money],
  );
}
