import { useCallback } from "react";
import type { ValidationBenefit } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";

/** What a code does, in a few words. */
export function useBenefitText(): (benefit: ValidationBenefit, currency: string) => string {
  const { validations } = useMessages();
  const money = useMoney();
  return useCallback(
    (benefit, currency) => {
      switch (benefit.kind) {
        case "amount":
          return validations.off(money({ minor: benefit.minor, currency }));
        case "percent":
          return validations.percentOff(benefit.percent);
        case "free_time":
          return validations.freeMinutes(benefit.minutes);
        case "prepaid":
          return validations.prepaidMinutes(benefit.minutes);
      }
    },
    [validations, money],
  );
}
