// Every screen of the app and how one comes to it.
import type { Page } from "playwright-core";
import type { Demo } from "./demo.ts";
import { TARIFF_SCREENS } from "./manager/tariffScreens.ts";

export interface ScreenStep {
  name: string;
  /** Whether somebody has to be logged in. */
  isInside: boolean;
  /** Drawn by Swagger UI, which axe-core has much to say about: only the policy and foreign requests are looked at. */
  isForeign?: boolean;
  show: (page: Page, demo: Demo) => Promise<void>;
}

/** The server asks once in ten minutes. */
async function giveStepUp(page: Page, { password }: Demo): Promise<void> {
  const field = page.locator("[data-step-up] input[type=password]");
  await field.fill(password);
  await field.press("Enter");
}

/** Shows a screen for which the password may have to be given first. */
async function showLocked(page: Page, demo: Demo, path: string, shown: string): Promise<void> {
  await go(page, path);
  const asked = page.locator("[data-step-up]");
  await page.locator(`${shown}, [data-step-up]`).first().waitFor();
  if (await asked.isVisible()) await giveStepUp(page, demo);
  await page.locator(shown).first().waitFor();
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
}

async function showLive(page: Page): Promise<void> {
  await go(page, "/live");
  await page.locator("article[data-lane] img").first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll("article[data-lane] img").length >= 2);
}

async function showStay(page: Page): Promise<void> {
  await go(page, "/stays?state=closed");
  // One that paid has the most to tell; while there is none, any will do.
  const paid = page.locator("tr", { has: page.locator("td:last-child:not(:empty)") }).locator("a[data-stay]");
  await page.locator("a[data-stay]").first().waitFor();
  await ((await paid.count()) > 0 ? paid : page.locator("a[data-stay]")).first().click();
  await page.getByTestId("timeline").waitFor();
}

/** Tickets, of which one is inside: given by hand where there is none. */
async function showTickets(page: Page): Promise<void> {
  await go(page, "/tickets");
  await page.locator("main h1").waitFor();
  await page.evaluate(async () => {
    const answer = await fetch("/api/v1/tickets?state=active&limit=1");
    if (((await answer.json()) as { items: unknown[] }).items.length > 0) return;
    const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    await fetch("/api/v1/tickets", { method: "POST", headers, body: JSON.stringify({ plate: "QX900QX" }) });
  });
  await go(page, "/tickets");
  await page.locator("tr[data-ticket]").first().waitFor();
}

export const SCREENS: readonly ScreenStep[] = [
  { name: "login", isInside: false, show: async (page) => page.locator("input[type=password]").waitFor() },
  {
    name: "join-gone",
    isInside: false,
    show: async (page) => {
      await go(page, "/join#no-such-token");
      await page.locator("main a[href='/live']").waitFor();
    },
  },
  {
    name: "setup-gone",
    isInside: false,
    show: async (page) => {
      await go(page, "/setup#no-such-token");
      await page.getByText("boomgate setup link").waitFor();
      await go(page, "/live");
    },
  },
  { name: "live", isInside: true, show: showLive },
  {
    name: "reasons",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.keyboard.press("2");
      await page.locator("[data-reasons]").waitFor();
    },
  },
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
      await page.locator("[data-own-menu]").click();
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
    name: "tickets",
    isInside: true,
    show: async (page) => {
      await showTickets(page);
    },
  },
  {
    name: "ticket-new",
    isInside: true,
    show: async (page) => {
      await showTickets(page);
      await page.keyboard.press("n");
      await page.locator("[data-modal] form select").waitFor();
    },
  },
  {
    name: "ticket-exit",
    isInside: true,
    show: async (page) => {
      await showTickets(page);
      await page.keyboard.press("x");
      await page.locator("[data-modal] form button[type=submit][aria-disabled=false]").waitFor();
    },
  },
  {
    name: "ticket-lost",
    isInside: true,
    show: async (page) => {
      await showTickets(page);
      await page.keyboard.press("m");
      await page.locator("[data-modal] form fieldset").waitFor();
    },
  },
  {
    name: "alarm",
    isInside: true,
    show: async (page, demo) => {
      await showLive(page);
      await demo.happen("out-2", { do: "fire", on: true });
      await page.locator("[data-alarms] [data-alarm]").first().waitFor();
    },
  },
  {
    name: "alarms",
    isInside: true,
    show: async (page) => {
      await go(page, "/alarms");
      await page.locator("[data-alarm]").first().waitFor();
    },
  },
  {
    name: "alarm-history",
    isInside: true,
    show: async (page, demo) => {
      await go(page, "/alarms");
      await page.locator("[data-alarm] button").first().click();
      await page.locator("[data-modal] section li").first().waitFor();
      // It closes by itself once its cause is over.
      await demo.happen("out-2", { do: "fire", on: false });
    },
  },
  {
    name: "mode",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.locator("article[data-lane=in-1]").getByRole("button", { name: /^(Mode|Chế độ)$/ }).click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "hold-all",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.getByRole("button", { name: /^(Hold all exits open|Giữ mở mọi lối ra)$/ }).click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "manage",
    isInside: true,
    show: async (page) => {
      await showLive(page);
      await page.locator("[data-manage]").click();
      await page.getByRole("menu").waitFor();
    },
  },
  {
    name: "step-up",
    isInside: true,
    show: async (page) => {
      // A view begins with a fresh session: nobody has given the password again yet.
      await go(page, "/settings/keys");
      await page.locator("[data-step-up]").waitFor();
    },
  },
  {
    name: "keys-locked",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/keys");
      await page.locator("[data-step-up]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("main section button").waitFor();
    },
  },
  { name: "api-keys", isInside: true, show: (page, demo) => showLocked(page, demo, "/settings/keys", "main button:has(svg)") },
  {
    name: "api-keys-new",
    isInside: true,
    show: async (page, demo) => {
      await showLocked(page, demo, "/settings/keys", "main button:has(svg)");
      await page.locator("main button:has(svg)").click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
  { name: "people", isInside: true, show: (page, demo) => showLocked(page, demo, "/people", "[data-person]") },
  {
    name: "person",
    isInside: true,
    show: async (page, demo) => {
      await showLocked(page, demo, "/people", "[data-person]");
      await page.locator("[data-person] button").first().click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "invite",
    isInside: true,
    show: async (page, demo) => {
      await showLocked(page, demo, "/people?person=new", "[data-modal] form:not([data-step-up])");
    },
  },
  {
    name: "sites",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/sites");
      await page.locator("tbody tr").first().waitFor();
    },
  },
  {
    name: "site",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/sites/demo");
      await page.locator("[data-access]").waitFor();
    },
  },
  {
    name: "subscriptions",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions");
      await page.locator("[data-subscription]").first().waitFor();
    },
  },
  {
    name: "subscription",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions");
      await page.locator("[data-subscription] button").first().click();
      await page.locator("[data-subscription-detail] [data-vehicle]").first().waitFor();
    },
  },
  {
    name: "subscription-new",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions?subscription=new");
      await page.locator("[data-modal] form").waitFor();
      await page.getByRole("button", { name: /^(Add a time|Thêm khung giờ)$/ }).click();
      await page.locator("[data-window]").waitFor();
    },
  },
  {
    name: "subscriptions-none",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions?q=QQQQ");
      await page.locator("main").getByText(/No subscription matches|Không có vé tháng nào/).waitFor();
    },
  },
  {
    name: "plans",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions?view=plans");
      await page.locator("main").getByText(/No plan yet|Chưa có gói nào/).waitFor();
    },
  },
  {
    name: "plan-new",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions?view=plans");
      await page.getByRole("button", { name: /^(New plan|Gói mới)$/ }).click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "passback",
    isInside: true,
    show: async (page) => {
      await go(page, "/subscriptions?view=passback");
      await page.locator("[data-inside]").first().waitFor();
    },
  },
  {
    name: "blocklist",
    isInside: true,
    show: async (page) => {
      await go(page, "/blocklist");
      await page.locator("[data-block]").first().waitFor();
    },
  },
  {
    name: "block",
    isInside: true,
    show: async (page) => {
      await go(page, "/blocklist");
      await page.locator("[data-block] button").first().click();
      await page.locator("[data-modal] form input").first().waitFor();
    },
  },
  {
    name: "block-new",
    isInside: true,
    show: async (page) => {
      await go(page, "/blocklist?block=new");
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "blocklist-risk",
    isInside: true,
    show: async (page) => {
      await go(page, "/blocklist?view=risk");
      await page.locator("[data-rule]").first().waitFor();
    },
  },
  {
    name: "overstays",
    isInside: true,
    show: async (page) => {
      await go(page, "/blocklist?view=overstays");
      await page.locator("main").getByText(/Nobody stays for too long|Không xe nào đỗ quá lâu/).waitFor();
    },
  },
  {
    name: "audit",
    isInside: true,
    show: async (page) => {
      await go(page, "/audit");
      await page.locator("li[data-action] summary").first().click();
    },
  },
  ...TARIFF_SCREENS,
  {
    name: "lanes",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/lanes");
      await page.locator("[data-lane-row]").first().waitFor();
    },
  },
  {
    name: "lane",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/lanes?lane=in-1");
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "lane-new",
    isInside: true,
    show: async (page) => {
      await go(page, "/settings/lanes?lane=new");
      await page.locator("[data-modal] form").waitFor();
    },
  },
  {
    name: "second-factor",
    isInside: true,
    show: async (page, demo) => {
      await go(page, "/account");
      await page.locator("main button.bg-main").first().click();
      const qr = page.locator("[data-modal] img");
      await page.locator("[data-modal] img, [data-step-up]").first().waitFor();
      if (await page.locator("[data-step-up]").isVisible()) await giveStepUp(page, demo);
      await qr.waitFor();
    },
  },
  {
    name: "account",
    isInside: true,
    show: async (page) => {
      await go(page, "/account");
      await page.locator("[data-session=current]").waitFor();
    },
  },
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
    name: "redoc",
    isInside: true,
    show: async (page) => {
      await go(page, "/redoc");
      await page.locator("main h3").first().waitFor();
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
