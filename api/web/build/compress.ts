// Writes a .br and a .gz beside every text of the build that gets smaller by it: the server sends them as they are.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(js|css|html|svg|json)$/;

function brotli(bytes: Buffer): Buffer {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}

async function compressFile(path: string): Promise<void> {
  const bytes = await readFile(path);
  const made = [
    ["br", brotli(bytes)],
    ["gz", gzipSync(bytes, { level: 9 })],
  ] as const;
  for (const [ending, smaller] of made) {
    if (smaller.length < bytes.length) await writeFile(`${path}.${ending}`, smaller);
  }
}

export function compress(): Plugin {
  let folder = "dist";
  return {
    name: "boomgate-compress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      const files = await readdir(folder, { recursive: true });
      await Promise.all(files.filter((file) => TEXT.test(file)).map((file) => compressFile(join(folder, file))));
    },
  };
}
