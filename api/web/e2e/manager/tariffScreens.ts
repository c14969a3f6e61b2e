// The screens about prices, and how one comes to them.
import type { Page } from "playwright-core";
import type { ScreenStep } from "../screens.ts";
import { visit } from "../story.ts";

/** The newest draft; one is begun where there is none. */
async function showDraft(page: Page): Promise<void> {
  await visit(page, "/tariffs/versions");
  await page.locator("[data-version]").first().waitFor();
  const draft = page.locator("[data-draft] a");
  if ((await draft.count()) > 0) await draft.first().click();
  else await page.locator("main button.bg-main").click();
  await page.locator("[data-check=good]").waitFor();
  await page.locator("[data-week]").waitFor();
}

/** A code to look at, made once. */
async function makeCode(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": "looked-at" };
    const benefit = { kind: "free_time", minutes: 60 };
    const body = JSON.stringify({ code: "LOOKED-AT", label: "Bakery", benefit, max_uses: 50 });
    await fetch("/api/v1/validations", { method: "POST", headers, body });
  });
  await page.reload();
}

export const TARIFF_SCREENS: readonly ScreenStep[] = [
  {
    name: "tariffs",
    isInside: true,
    show: async (page) => {
      await visit(page, "/tariffs/versions");
      await page.locator("[data-version] summary").first().click();
    },
  },
  { name: "tariff-draft", isInside: true, show: showDraft },
  {
    name: "tariff-faults",
    isInside: true,
    show: async (page) => {
      await showDraft(page);
      await page.locator("[data-rule='1'] input").first().fill("");
      await page.locator("[data-check=wrong]").waitFor();
    },
  },
  {
    name: "tariff-simulated",
    isInside: true,
    show: async (page) => {
      await showDraft(page);
      await page.locator("[data-simulate] button[type=submit]").click();
      await page.locator("[data-price]").waitFor();
    },
  },
  {
    name: "tariff-publish",
    isInside: true,
    show: async (page) => {
      await showDraft(page);
      await page.locator("[data-draft-form] button.bg-main").click();
      await page.locator("form[data-publish]").waitFor();
    },
  },
  {
    name: "validations",
    isInside: true,
    show: async (page) => {
      await visit(page, "/tariffs/validations");
      await makeCode(page);
      await page.locator("[data-code]").first().waitFor();
    },
  },
  {
    name: "validation-new",
    isInside: true,
    show: async (page) => {
      await visit(page, "/tariffs/validations");
      await page.locator("main button.bg-main").click();
      await page.locator("[data-modal] form").waitFor();
    },
  },
];
