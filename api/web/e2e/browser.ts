// Debian's Chromium, and pages in it that complain of nothing and fetch nothing from elsewhere.
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import type { Demo } from "./demo.ts";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** How the app learns that nobody is logged in yet, that the password is needed again, or that a link is good no more. */
const EXPECTED = /status of (401|403|404)/;

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });
}

export interface View {
  scheme: "light" | "dark";
  width: number;
  height: number;
  locale: string;
}

export interface Watched {
  page: Page;
  context: BrowserContext;
  /** Errors, violations of the policy, requests to other servers. */
  complaints: string[];
}

export async function open(browser: Browser, demo: Pick<Demo, "address">, view: View): Promise<Watched> {
  const { scheme, width, height, locale } = view;
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, locale, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const isBad = message.type() === "error" || message.type() === "warning";
    if (isBad && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    // A picture that the app holds has an address of its own, which leaves no browser.
    const isOwn = [demo.address, `blob:${demo.address}`, "data:"].some((own) => url.startsWith(own));
    if (!isOwn) complaints.push(`a request to ${url}`);
  });
  await page.goto(demo.address);
  return { page, context, complaints };
}

export async function logIn(page: Page, demo: Demo): Promise<void> {
  const [name, password] = [page.locator("input[autocomplete=username]"), page.locator("input[type=password]")];
  await name.fill(demo.name);
  await password.fill(demo.password);
  await password.press("Enter");
  await page.locator("article[data-lane]").first().waitFor();
}
