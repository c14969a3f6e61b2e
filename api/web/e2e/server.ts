// A server of its own on an empty database, as whoever installs it has it; and lanes for it, made by its command line.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { announced, ended, newFolder } from "./demo.ts";
import { happen } from "./yard.ts";

const run = promisify(execFile);

export interface Server {
  address: string;
  /** Where the first run begins. */
  setupUrl: string;
  /** Runs the program beside the server. */
  command: (...words: string[]) => Promise<string>;
  /** Enrols a device for a lane, and starts its program on a simulated lane. */
  startLane: (site: string, lane: string, direction: "entry" | "exit") => Promise<Lane>;
  stop: () => Promise<void>;
}

export interface Lane {
  /** Lets a car drive up. */
  car: (plate: string) => Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function writeConfig(folder: string): Promise<string> {
  const file = join(folder, "boomgate.toml");
  const [mqtt, api, https] = [await freePort(), await freePort(), await freePort()];
  const sections = [
    'data = "data"',
    `[broker]\nlisten = "127.0.0.1:${mqtt}"`,
    `[api]\nlisten = "127.0.0.1:${api}"`,
    `[device_https]\nlisten = "127.0.0.1:${https}"`,
    '[metrics]\nlisten = "off"',
  ];
  await writeFile(file, `${sections.join("\n")}\n`);
  return file;
}

/** Starts `boomgate serve`; `program` is the built one. */
export async function startServer(program: string): Promise<Server> {
  const folder = await newFolder();
  const config = await writeConfig(folder);
  const options = { cwd: folder };
  const child = spawn(program, ["serve", "--config", config], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const lanes: ChildProcess[] = [];
  const stop = async () => {
    for (const lane of lanes) await ended(lane);
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const log = await announced(child, "Without a browser");
    const setupUrl = /http:\/\/\S+\/setup#\S+/.exec(log)?.[0] ?? "";
    const command = async (...words: string[]) => (await run(program, [...words, "--config", config], options)).stdout;
    const startLane: Server["startLane"] = async (site, lane, direction) => {
      const out = join(folder, lane);
      const device = `${site}-${lane}`;
      await command("device", "add", "--site", site, "--lane", lane, "--direction", direction, "--device", device, "--server", "localhost", "--out", out);
      const started = await startAgent(join(dirname(program), "edge-agent"), out);
      lanes.push(started.child);
      return started.lane;
    };
    return { address: new URL("/", setupUrl).href, setupUrl, command, startLane, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The wires and the camera of its configuration become simulated ones; everything else stays as it was written. */
async function startAgent(program: string, folder: string): Promise<{ child: ChildProcess; lane: Lane }> {
  const file = join(folder, "agent.toml");
  const written = await readFile(file, "utf8");
  const kept = written.slice(0, written.indexOf("[gpio]"));
  const simulated = '[gpio]\nkind = "sim"\n[camera]\nkind = "sim"\n[reader]\ncountries = ["SK"]\n[sim]\ncontrol = "lane.sock"\n';
  await writeFile(file, kept + simulated);
  const child = spawn(program, ["run", "--config", file], { cwd: folder, stdio: "ignore" });
  const control = join(folder, "lane.sock");
  const car = async (plate: string) => happen(control, { do: "car", car: plate, plate, country: "SK" });
  return { child, lane: { car } };
}
