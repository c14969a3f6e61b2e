/** The first line of a file and the records that begin in these lines, to be corrected and imported again. */
export function linesOf(text: string, wanted: ReadonlySet<number>): string {
  const kept: string[] = [];
  let [line, begin, isQuoted] = [1, 1, false];
  let record = "";
  const end = () => {
    if (begin === 1 || wanted.has(begin)) kept.push(record);
    record = "";
    begin = line;
  };
  for (const sign of text) {
    if (sign === '"') isQuoted = !isQuoted;
    record += sign;
    if (sign === "\n") {
      line += 1;
      if (!isQuoted) end();
    }
  }
  if (record) end();
  return kept.join("");
}
