// Every screen of the app and how one comes to it.
import type { Page } from "playwright-core";

export interface ScreenStep {
  name: string;
  /** Whether somebody has to be logged in. */
  isInside: boolean;
  /** Drawn by Swagger UI, which axe-core has much to say about: only the policy and foreign requests are looked at. */
  isForeign?: boolean;
  show: (page: Page) => Promise<void>;
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
}

async function showLive(page: Page): Promise<void> {
  await go(page, "/live");
  await page.locator("article[data-lane] img").first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll("article[data-lane] img").length === 4);
}

async function showStay(page: Page): Promise<void> {
  await go(page, "/stays?state=closed");
  // One that paid has the most to tell; while there is none, any will do.
  const paid = page.locator("tr", { has: page.locator("td:last-child:not(:empty)") }).locator("a[data-stay]");
  await page.locator("a[data-stay]").first().waitFor();
  await ((await paid.count()) > 0 ? paid : page.locator("a[data-stay]")).first().click();
  await page.getByTestId("timeline").waitFor();
}

export const SCREENS: readonly ScreenStep[] = [
  { name: "login", isInside: false, show: async (page) => page.locator("input[type=password]").waitFor() },
  { name: "live", isInside: true, show: showLive },
  {
    name: "reason",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.keyboard.press("2");
      await page.keyboard.press("o");
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "palette",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.keyboard.press("Control+k");
      await page.getByRole("option").first().waitFor();
    },
  },
  {
    name: "keys",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.keyboard.press("?");
      await page.locator("[data-modal] dl").waitFor();
    },
  },
  {
    name: "menu",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.locator("header button[aria-haspopup=menu]").click();
      await page.getByRole("menu").waitFor();
    },
  },
  {
    name: "stays",
    isInside: true,
    show: async (page) => {
      await go(page, "/stays?state=all");
      await page.locator("a[data-stay]").first().waitFor();
    },
  },
  {
    name: "stays-none",
    isInside: true,
    show: async (page) => {
      await go(page, "/stays?state=all&plate=QQQQ");
      await page.locator("main").getByText(/No stay matches|Không có lượt nào/).waitFor();
    },
  },
  { name: "stay", isInside: true, show: showStay },
  {
    name: "jobs",
    isInside: true,
    show: async (page) => {
      await go(page, "/jobs");
      await page.locator("tbody tr").first().waitFor();
    },
  },
  {
    name: "docs",
    isInside: true,
    isForeign: true,
    show: async (page) => {
      await go(page, "/docs");
      await page.locator(".opblock").first().waitFor();
    },
  },
  {
    name: "not-found",
    isInside: true,
    show: async (page) => {
      await go(page, "/no/such/screen");
      await page.locator("main a[href='/live']").waitFor();
    },
  },
];
