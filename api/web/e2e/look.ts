// What axe-core finds on a page, what is wider than the screen, and what a finger misses.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SMALLEST_TARGET = 44;

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
        // A label is part of its control's target, and a row of the whole row's; so is what a control is drawn over.
        const isOverParent = target.classList.contains("after:inset-0");
        const area = target.closest(isOverParent ? "tr, .relative" : "label, tr") ?? target;
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

/** Everything that is wrong with what the page shows now. */
export async function lookAt(page: Page, isPhone: boolean): Promise<string[]> {
  return [...(await axe(page)), ...(await fits(page, isPhone))];
}
