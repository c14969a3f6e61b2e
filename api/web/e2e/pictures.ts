// Takes the pictures of docs/pictures: every screen, light, dark and on a phone. Usage: pictures.ts PROGRAM FOLDER
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type View, logIn, open, startBrowser } from "./browser.ts";
import { startDemo } from "./demo.ts";
import { SCREENS } from "./screens.ts";

const VIEWS: Record<string, View> = {
  light: { scheme: "light", width: 1300, height: 960, locale: "en-GB" },
  dark: { scheme: "dark", width: 1300, height: 960, locale: "en-GB" },
  phone: { scheme: "dark", width: 360, height: 740, locale: "en-GB" },
  vietnamese: { scheme: "light", width: 1300, height: 960, locale: "vi-VN" },
};
/** What of them is kept. */
const TAKEN: Record<keyof typeof VIEWS, readonly string[]> = {
  light: ["login", "live", "reason", "palette", "stays", "stay", "jobs"],
  dark: ["live", "stays", "stay"],
  phone: ["live", "stays", "stay"],
  vietnamese: ["live"],
};

const WAIT_MS = 20_000;
/** So much has to have happened before a picture says anything. */
const ROWS = 60;

async function someTraffic(page: Page): Promise<void> {
  await page.waitForFunction((rows) => document.querySelectorAll("main li").length > rows, ROWS, { timeout: 120_000 });
}

/** A car that waits for a person shows the desk better than an empty lane does; there may be none for a while. */
async function somethingToDo(page: Page): Promise<void> {
  const waiting = page.locator("[data-presence=here]:is([data-outcome=deny], [data-outcome=charge])");
  await waiting.first().waitFor({ timeout: WAIT_MS }).catch(() => undefined);
}

const [program, folder] = process.argv.slice(2);
if (!program || !folder) throw new Error("usage: pictures.ts PROGRAM FOLDER");
await mkdir(folder, { recursive: true });
const demo = await startDemo(program, 3);
const browser = await startBrowser();
try {
  for (const [name, view] of Object.entries(VIEWS)) {
    const { page, context } = await open(browser, demo, view);
    let isInside = false;
    for (const screen of SCREENS.filter((one) => TAKEN[name]?.includes(one.name))) {
      if (screen.isInside && !isInside) {
        await logIn(page, demo);
        await someTraffic(page);
        isInside = true;
      }
      await screen.show(page, demo);
      if (screen.name === "live") await somethingToDo(page);
      await page.screenshot({ path: join(folder, `${screen.name}-${name}.png`) });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await demo.stop();
}
