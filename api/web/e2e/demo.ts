// A demo of its own for the looks at the app: started here, ended here.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_TIMEOUT = 120_000;
const STOP_TIMEOUT = 60_000;

export interface Demo {
  address: string;
  name: string;
  password: string;
  stop: () => Promise<void>;
}

/** Starts `boomgate demo`; `program` is the built one. */
export async function startDemo(program: string, speed: number): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), "boomgate-web-"));
  const options = ["demo", "--speed", String(speed), "--lanes", "4", "--listen", "127.0.0.1:0", "--data", join(folder, "data")];
  const child = spawn(program, options, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const log = await announced(child);
    return { address: wordAfter(log, "page"), name: wordAfter(log, "name"), password: wordAfter(log, "password"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the demo prints until it says that it runs. */
function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => reject(new Error(`the demo does not run:\n${log}`)), START_TIMEOUT);
    const read = (bytes: Buffer) => {
      log += bytes.toString();
      if (!log.includes("Ctrl-C stops it")) return;
      clearTimeout(timer);
      resolve(log);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${log}`)));
  });
}

function wordAfter(log: string, label: string): string {
  const found = new RegExp(`^\\s+${label}\\s+(\\S+)`, "m").exec(log)?.[1];
  if (!found) throw new Error(`the demo tells no ${label}:\n${log}`);
  return found;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
  child.kill("SIGINT");
  await exit;
  clearTimeout(timer);
}
