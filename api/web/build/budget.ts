// What a screen's scripts may weigh, compressed as they are sent. The build fails above.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const DIST = "dist";
const BUDGETS: readonly { screen: string; entry: string; kilobytes: number }[] = [
  { screen: "Live", entry: "index.html", kilobytes: 250 },
];

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
}

type Manifest = Record<string, Chunk>;

/** The entry's chunks and what they import before anything is shown. */
function chunksOf(manifest: Manifest, entry: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[entry];
  if (!chunk || found.has(entry)) return found;
  found.add(entry);
  for (const one of chunk.imports ?? []) chunksOf(manifest, one, found);
  return found;
}

/** What is too small to get smaller is sent as it is. */
async function sentSize(file: string): Promise<number> {
  const path = join(DIST, file);
  return (await stat(`${path}.br`).catch(() => stat(path))).size;
}

const manifest = JSON.parse(await readFile(join(DIST, "manifest.json"), "utf8")) as Manifest;
for (const { screen, entry, kilobytes } of BUDGETS) {
  const files = [...chunksOf(manifest, entry)].map((name) => manifest[name]?.file ?? "");
  const sizes = await Promise.all(files.map(sentSize));
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000;
  process.stdout.write(`${screen}: ${total.toFixed(1)} kB of scripts by brotli, ${kilobytes} kB allowed\n`);
  if (total > kilobytes) process.exit(1);
}
