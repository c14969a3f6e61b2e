/** A reason's text with its parameters; null where the code is unknown or a parameter is missing. */
export function reasonText(
  reasons: Record<string, string>,
  code: string,
  params: Record<string, unknown> | null | undefined,
): string | null {
  const template = reasons[code];
  if (template === undefined) return null;
  let isWhole = true;
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params?.[name];
    if (value === undefined || value === null) isWhole = false;
    return String(value);
  });
  return isWhole ? text : null;
}
