// Runs a TypeScript file of this project with whatever Node there is: node build/run.mjs FILE ARGUMENT...
import { resolve } from "node:path";
import { runnerImport } from "vite";

const [, , file, ...rest] = process.argv;
process.argv = [process.argv[0], file, ...rest];
await runnerImport(resolve(file), { configFile: false, logLevel: "error" });
