// The pages of the first run, one after the other, in either language.
import type { Page } from "playwright-core";
import { en } from "../src/i18n/en.ts";
import { vi } from "../src/i18n/vi.ts";

interface SetupStep {
  name: string;
  /** From the page of the step before. */
  show: (page: Page, locale: string) => Promise<void>;
}

function textsOf(locale: string): typeof en {
  return locale.startsWith("vi") ? vi : en;
}

async function next(page: Page, locale: string): Promise<void> {
  await page.getByRole("button", { name: textsOf(locale).setup.next, exact: true }).click();
}

export const SETUP_STEPS: readonly SetupStep[] = [
  {
    name: "company",
    show: async (page, locale) => page.getByLabel(textsOf(locale).setup.company, { exact: true }).fill("Quay Parking"),
  },
  {
    name: "site",
    show: async (page, locale) => {
      await next(page, locale);
      await page.getByLabel(textsOf(locale).setup.siteName, { exact: true }).fill("North Quay");
    },
  },
  {
    name: "lanes",
    show: async (page, locale) => {
      await next(page, locale);
      await page.getByText(textsOf(locale).setup.lanesTitle).waitFor();
    },
  },
  {
    name: "prices",
    show: async (page, locale) => {
      await next(page, locale);
      await page.getByLabel(new RegExp(`^${textsOf(locale).setup.pricePerHour}`)).fill("2");
      await page.locator("[data-examples] tr").first().waitFor();
    },
  },
  {
    name: "admin",
    show: async (page, locale) => {
      const { login, setup } = textsOf(locale);
      await next(page, locale);
      await page.getByLabel(login.name, { exact: true }).fill("eva");
      await page.getByRole("button", { name: setup.withCodes }).click();
      await page.locator("[data-secret]").waitFor();
    },
  },
];
