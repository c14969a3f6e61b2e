/** Texts by plural category, with # where the number stands; `other` is always there. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Counts things in a language. */
export function plural(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (count, forms) => (forms[rules.select(count)] ?? forms.other).replace("#", numbers.format(count));
}
