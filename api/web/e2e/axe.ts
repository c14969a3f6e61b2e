// Looks at every screen with axe-core, in both themes, on a desk, on a phone and at 200 %: no finding of any impact, nothing
// that scrolls sideways, no target under 44 px where fingers go, no complaint of the browser, no request to elsewhere.
import type { Browser } from "playwright-core";
import { type View, type Watched, logIn, open, startBrowser } from "./browser.ts";
import { type Demo, startDemo } from "./demo.ts";
import { lookAt } from "./look.ts";
import { SCREENS } from "./screens.ts";
import { startServer } from "./server.ts";
import { SETUP_STEPS } from "./setupSteps.ts";

const VIEWS: Record<string, View> = {
  "desk, light": { scheme: "light", width: 1300, height: 1000, locale: "en-GB" },
  "desk, dark, Vietnamese": { scheme: "dark", width: 1300, height: 1000, locale: "vi-VN" },
  "phone, dark": { scheme: "dark", width: 360, height: 740, locale: "en-GB" },
  "phone, light, Vietnamese": { scheme: "light", width: 360, height: 740, locale: "vi-VN" },
  // A desk of 1280 by 1024 at 200 %.
  "200 %, light": { scheme: "light", width: 640, height: 512, locale: "en-GB" },
};

async function lookAtAll(watched: Watched, demo: Demo, view: string): Promise<string[]> {
  const found: string[] = [];
  const { page } = watched;
  let isInside = false;
  for (const screen of SCREENS) {
    if (screen.isInside && !isInside) {
      await logIn(page, demo);
      isInside = true;
    }
    await screen.show(page, demo);
    if (screen.isForeign) continue;
    const bad = await lookAt(page, view.startsWith("phone"));
    found.push(...bad.map((one) => `${screen.name}, ${view}: ${one}`));
  }
  return [...found, ...watched.complaints.map((one) => `${view}: the browser complains: ${one}`)];
}

/** The pages of the first run, which only an empty installation has. */
async function lookAtSetup(browser: Browser, path: string): Promise<string[]> {
  const server = await startServer(path);
  const found: string[] = [];
  try {
    for (const [name, view] of Object.entries(VIEWS)) {
      const { page, context, complaints } = await open(browser, server, view);
      await page.goto(server.setupUrl);
      for (const step of SETUP_STEPS) {
        await step.show(page, view.locale);
        const bad = [...(await lookAt(page, name.startsWith("phone"))), ...complaints.splice(0)];
        found.push(...bad.map((one) => `set-up, ${step.name}, ${name}: ${one}`));
      }
      await context.close();
    }
  } finally {
    await server.stop();
  }
  return found;
}

const program = process.argv[2];
if (!program) throw new Error("usage: axe.ts PROGRAM");
const demo = await startDemo(program, 5);
const browser = await startBrowser();
const found: string[] = [];
try {
  for (const [name, view] of Object.entries(VIEWS)) {
    const watched = await open(browser, demo, view);
    found.push(...(await lookAtAll(watched, demo, name)));
    await watched.context.close();
  }
  await demo.stop();
  found.push(...(await lookAtSetup(browser, program)));
} finally {
  await browser.close();
  await demo.stop();
}
process.stdout.write(`${SCREENS.length + SETUP_STEPS.length} screens in ${Object.keys(VIEWS).length} views, ${found.length} findings\n`);
if (found.length > 0) {
  process.stderr.write(`${[...new Set(found)].join("\n")}\n`);
  process.exit(1);
}
