// Fifty lanes and twenty events a second on one live screen, for a minute at a quarter of this machine's speed where asked: the
// longest task of the page, how soon it can be used, and whether its memory stays flat. The page is the server's own; what
// the fifty lanes say is made here, in the browser's place of the network. Usage: load.ts PROGRAM [SECONDS] [SLOWDOWN]
import type { CDPSession, Page, WebSocketRoute } from "playwright-core";
import type { LiveEvent } from "../src/api/liveEvent.ts";
import type { Lane, Me, MySite } from "../src/api/schema.gen.ts";
import { open, startBrowser } from "./browser.ts";
import { startDemo } from "./demo.ts";

const LANES = 50;
const EVENTS_PER_SECOND = 20;
const LONG_TASK = 50;
const SOON_USABLE = 1_500;
/** What a minute may add to the heap after a collection. */
const GROWTH = 4_000_000;

const SITE: MySite = {
  roles: ["guard"],
  permissions: ["lanes:read", "lanes:operate", "stays:read"],
  after_step_up: [],
  id: "00000000-0000-7000-8000-000000000001", code: "load", name: "Load", currency: "EUR", time_zone: "Europe/Bratislava",
};
const ME: Me = { id: SITE.id, name: "guard", role: "guard", tenant: SITE.id, totp: false, recovery_codes_left: 0, sites: [SITE] };

const laneId = (index: number) => `00000000-0000-7000-8000-1000000000${String(index).padStart(2, "0")}`;

let arrivals = 0;
const waiting = new Map<number, { arrival: string; at: string }>();

function lane(index: number): Lane {
  const car = waiting.get(index);
  const last = car
    ? ({ ...car, plate: "WU123AB", outcome: "open", code: "OPEN-VISITOR", local: false, waiting: true } as const)
    : null;
  return {
    id: laneId(index),
    code: `l-${index}`,
    name: `Lane ${index}`,
    direction: index % 2 ? "exit" : "entry",
    site: { id: SITE.id, code: SITE.code },
    device: { code: `d-${index}`, connected: true },
    boom: "closed",
    mode: "ready",
    faults: [], wanted: { mode: "open" },
    last,
  };
}

/** A car comes, the boom opens, the car passes, the boom closes: on one lane after the other. */
function* traffic(): Generator<LiveEvent> {
  for (let no = 1; ; ) {
    const index = Math.floor(no / 6) % LANES;
    arrivals += 1;
    const arrival = `00000000-0000-7000-8000-${String(arrivals).padStart(12, "0")}`;
    const row = () => ({ no: no++, at: new Date().toISOString(), lane: laneId(index), text: "Welcome." });
    const decided = { arrival, decision: arrival, plate: "WU123AB", outcome: "open", code: "OPEN-VISITOR", params: {}, local: false } as const;
    waiting.set(index, { arrival, at: new Date().toISOString() });
    yield { ...row(), kind: "decision", data: decided };
    yield { ...row(), kind: "boom", data: { state: "opening", cause: "command" } };
    yield { ...row(), kind: "boom", data: { state: "open", cause: "command" } };
    yield { ...row(), kind: "passage", data: { arrival, direction: "entry", kind: "passed", stay: null, inside: 1 } };
    waiting.delete(index);
    yield { ...row(), kind: "boom", data: { state: "closing", cause: "passage" } };
    yield { ...row(), kind: "boom", data: { state: "closed", cause: "passage" } };
  }
}

function feed(socket: WebSocketRoute): void {
  const events = traffic();
  socket.send(JSON.stringify({ kind: "start", no: 0, last: 0, missed: false }));
  const send = setInterval(() => socket.send(JSON.stringify(events.next().value)), 1_000 / EVENTS_PER_SECOND);
  socket.onClose(() => clearInterval(send));
}

async function answerInServersPlace(page: Page): Promise<void> {
  await page.route("**/api/v1/me", (route) => route.fulfill({ json: ME }));
  const none = { json: { items: [], next_cursor: null } };
  for (const path of ["alarms?*", "sites/*/hold-all", "me/notices"]) await page.route(`**/api/v1/${path}`, (route) => route.fulfill(none));
  await page.route(/\/api\/v1\/lanes(\?.*)?$/, (route) =>
    route.fulfill({ json: { items: Array.from({ length: LANES }, (_, index) => lane(index)) } }),
  );
  await page.routeWebSocket("**/api/v1/live?*", feed);
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  });
}

async function heap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0;
}

async function longTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
}

/** How long after its first byte the page shows lanes that can be used, at a quarter of this machine's speed. */
async function usableAfter(page: Page, session: CDPSession): Promise<number> {
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.reload();
  await page.locator("article[data-lane] button:enabled").first().waitFor();
  const after = await page.evaluate(() => performance.now());
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return after;
}

const [program, seconds = "60", slowdown = "1"] = process.argv.slice(2);
if (!program) throw new Error("usage: load.ts PROGRAM [SECONDS] [SLOWDOWN]");
const demo = await startDemo(program, 1);
const browser = await startBrowser();
try {
  const { page, context } = await open(browser, demo, { scheme: "dark", width: 1300, height: 1000, locale: "en-GB" });
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  await answerInServersPlace(page);
  await page.reload();
  await page.locator("article[data-lane]").nth(LANES - 1).waitFor();
  const usable = await usableAfter(page, session);
  await page.waitForTimeout(10_000);
  await longTasks(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: Number(slowdown) });
  const before = await heap(session);
  await longTasks(page);
  await page.waitForTimeout(Number(seconds) * 1_000);
  const tasks = await longTasks(page);
  const grown = (await heap(session)) - before;
  const longest = Math.max(0, ...tasks);
  process.stdout.write(
    `${LANES} lanes, ${EVENTS_PER_SECOND} events a second for ${seconds} s: ${tasks.length} tasks over ${LONG_TASK} ms, ` +
      `longest ${longest.toFixed(0)} ms; heap ${(before / 1e6).toFixed(1)} MB and ${(grown / 1e6).toFixed(1)} MB more; ` +
      `usable ${usable.toFixed(0)} ms after the start at 4x throttling\n`,
  );
  if (tasks.length > 0 || grown > GROWTH || usable > SOON_USABLE) process.exitCode = 1;
} finally {
  await browser.close();
  await demo.stop();
}
