// A demo of its own for the looks at the app: started here, ended here.
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Happening, happen } from "./yard.ts";

const START_TIMEOUT = 120_000;
const STOP_TIMEOUT = 60_000;

export interface Demo {
  address: string;
  name: string;
  password: string;
  /** Lets something happen at a lane. */
  happen: (lane: string, what: Happening) => Promise<void>;
  stop: () => Promise<void>;
}

/** A folder that goes with the run; readable, so that a root's private PostgreSQL lies in it, too, and not elsewhere. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "boomgate-web-"));
  await chmod(folder, 0o755);
  return folder;
}

/** Starts `boomgate demo`; `program` is the built one. */
export async function startDemo(program: string, speed: number): Promise<Demo> {
  const folder = await newFolder();
  const options = ["demo", "--speed", String(speed), "--lanes", "4", "--listen", "127.0.0.1:0", "--data", join(folder, "data")];
  // The lanes' sockets lie in a temporary folder: in ours.
  const child = spawn(program, options, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: folder } });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const log = await announced(child, "Ctrl-C stops it");
    const yard = join(folder, (await readdir(folder)).find((name) => name.startsWith("boomgate-demo-")) ?? "");
    return {
      address: wordAfter(log, "page"),
      name: wordAfter(log, "name"),
      password: wordAfter(log, "password"),
      happen: (lane, what) => happen(join(yard, `${lane}.sock`), what),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a program prints until it says this. */
export function announced(child: ChildProcess, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`no "${words}" came:\n${log}`)), START_TIMEOUT);
    const read = (bytes: Buffer) => {
      log += bytes.toString();
      if (!log.includes(words)) return;
      clearTimeout(timer);
      resolve(log);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`the program ended with ${code}:\n${log}`)));
  });
}

function wordAfter(log: string, label: string): string {
  const found = new RegExp(`^\\s+${label}\\s+(\\S+)`, "m").exec(log)?.[1];
  if (!found) throw new Error(`the demo tells no ${label}:\n${log}`);
  return found;
}

/** Ends a program as Ctrl-C does. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
  child.kill("SIGINT");
  await exit;
  clearTimeout(timer);
}
