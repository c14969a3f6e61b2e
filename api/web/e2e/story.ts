// What the stories share: saying what was seen, waiting for it, and reading what the app says of its own accord.
import type { Page } from "playwright-core";

/** Until traffic has brought what is waited for, on a loaded machine. */
export const WAIT_MS = 90_000;

const POLL_MS = 100;

export function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`not so: ${what}`);
  process.stdout.write(`  ${what}\n`);
}

/** Tries again with the next car where the first one drove on meanwhile. */
export async function until(work: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await work())) {
    if (Date.now() > end) throw new Error("did not happen in time");
    await new Promise((again) => setTimeout(again, POLL_MS));
  }
}

export async function toast(page: Page, timeout = WAIT_MS): Promise<string> {
  const text = page.getByTestId("toasts");
  await page.waitForFunction(() => document.querySelector("[data-testid=toasts]")?.textContent !== "", undefined, { timeout });
  const said = await text.innerText();
  // One that goes by itself meanwhile need not be closed.
  for (const close of await page.locator("[data-testid=toasts] button[aria-label=Close]").all()) {
    await close.click({ timeout: 1_000 }).catch(() => null);
  }
  await page.waitForFunction(() => document.querySelector("[data-testid=toasts]")?.textContent === "");
  return said;
}

/** Goes to a screen by its address. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
}
