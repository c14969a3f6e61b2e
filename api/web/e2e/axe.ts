// Looks at every screen with axe-core, in both themes, on a desk, on a phone and at 200 %: no finding of any impact, nothing
// that scrolls sideways, no target under 44 px where fingers go, no complaint of the browser, no request to elsewhere.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { type View, type Watched, logIn, open, startBrowser } from "./browser.ts";
import { type Demo, startDemo } from "./demo.ts";
import { SCREENS } from "./screens.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SMALLEST_TARGET = 44;

const VIEWS: Record<string, View> = {
  "desk, light": { scheme: "light", width: 1300, height: 1000, locale: "en-GB" },
  "desk, dark, Vietnamese": { scheme: "dark", width: 1300, height: 1000, locale: "vi-VN" },
  "phone, dark": { scheme: "dark", width: 360, height: 740, locale: "en-GB" },
  "phone, light, Vietnamese": { scheme: "light", width: 360, height: 740, locale: "vi-VN" },
  // A desk of 1280 by 1024 at 200 %.
  "200 %, light": { scheme: "light", width: 640, height: 512, locale: "en-GB" },
};

interface AxeResult {
  violations: { id: string; impact: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function axe(page: Page): Promise<string[]> {
  // By the debugger, not by a script element: the page's policy stays as it is.
  await page.evaluate(AXE);
  const result = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResult;
  return result.violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `axe ${id} (${impact}): ${html.slice(0, 160)} ${failureSummary}`),
  );
}

/** What is wider than the screen, and what a finger misses. */
async function fits(page: Page, isPhone: boolean): Promise<string[]> {
  return page.evaluate(
    ([smallest, checkTargets]) => {
      const found: string[] = [];
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide on ${clientWidth}`);
      const targets = checkTargets ? document.querySelectorAll("button, a[href], input, select, [role^=menuitem], [role=option]") : [];
      for (const target of targets) {
        // A label is part of its control's target, and a row of the whole row's.
        const area = target.closest("label, tr") ?? target;
        const { width, height } = area.getBoundingClientRect();
        const isShown = target.checkVisibility() && width > 1 && !target.classList.contains("skip-link");
        if (isShown && (height < smallest - 0.5 || width < smallest - 0.5)) {
          found.push(`a target of ${width.toFixed(0)} by ${height.toFixed(0)} px: ${target.outerHTML.slice(0, 140)}`);
        }
      }
      return found;
    },
    [SMALLEST_TARGET, isPhone] as const,
  );
}

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
    const bad = [...(await axe(page)), ...(await fits(page, view.startsWith("phone")))];
    found.push(...bad.map((one) => `${screen.name}, ${view}: ${one}`));
  }
  return [...found, ...watched.complaints.map((one) => `${view}: the browser complains: ${one}`)];
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
} finally {
  await browser.close();
  await demo.stop();
}
process.stdout.write(`${SCREENS.length} screens in ${Object.keys(VIEWS).length} views, ${found.length} findings\n`);
if (found.length > 0) {
  process.stderr.write(`${[...new Set(found)].join("\n")}\n`);
  process.exit(1);
}
