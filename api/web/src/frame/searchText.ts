/** A text as it is searched by: without case, marks and double spaces. */
function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .replace(/đ/gi, "d")
    .toLowerCase()
    .trim();
}

/** Whether every word of `query` begins a word of `text`. */
export function matches(text: string, query: string): boolean {
  const words = folded(text).split(/[\s,.:-]+/);
  return folded(query)
    .split(/\s+/)
    .every((wanted) => words.some((word) => word.startsWith(wanted)));
}
