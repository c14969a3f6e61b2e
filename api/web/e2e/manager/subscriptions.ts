// A part of a manager's morning: a plan, a company with ten cars on four places, a car that is blocked and let go again. The steps are
// composed by a story, or run alone: subscriptions.ts PROGRAM
import type { Page } from "playwright-core";
import { logIn, open, startBrowser } from "../browser.ts";
import { type Demo, startDemo } from "../demo.ts";
import { WAIT_MS, check, toast, until, visit } from "../story.ts";

const CARS = Array.from({ length: 10 }, (_, car) => `KE${100 + car}CO`);

async function makesPlan(page: Page): Promise<void> {
  await visit(page, "/subscriptions?view=plans");
  await page.getByRole("button", { name: "New plan" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Name").fill("Company, 4 places");
  await dialog.getByLabel(/^Price/).fill("350.00");
  await dialog.getByLabel("Places").fill("4");
  await dialog.getByLabel("Beyond these terms").selectOption("refuse");
  await dialog.getByRole("button", { name: "Save" }).click();
  check((await toast(page)).includes("Company, 4 places: made"), "a plan is made: a price for a month, four places");
  await page.locator("[data-plan='Company, 4 places']", { hasText: "350" }).waitFor();
}

async function subscribesCompany(page: Page): Promise<void> {
  await visit(page, "/subscriptions");
  await page.getByRole("button", { name: "New subscription" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Holder").fill("Corvus & Co");
  await dialog.getByLabel("Vehicles").fill(CARS.join("\n"));
  await dialog.getByLabel("Plan").selectOption({ label: "Company, 4 places" });
  check((await dialog.getByLabel("Places").inputValue()) === "4", "its terms are the plan's");
  await dialog.getByRole("button", { name: "Make it" }).click();
  check((await toast(page)).includes("Corvus & Co: subscribed"), "a company with ten cars is subscribed");
  await page.locator("[data-subscription='Corvus & Co']", { hasText: "0 of 4 places taken" }).waitFor();
}

/** Cars come in by the lane of a demo; the fifth of them finds no place. */
export interface Arrivals {
  /** Lets a car of this plate arrive at an entry and answers the code of the decision. */
  arrive: (plate: string) => Promise<string>;
}

async function fillsPlaces(page: Page, { arrive }: Arrivals): Promise<void> {
  for (const plate of CARS.slice(0, 4)) {
    check((await arrive(plate)) === "OPEN-SUBSCRIPTION", `${plate} comes in by the subscription`);
  }
  check((await arrive(CARS[4] ?? "")) === "DENY-POOL-FULL", "the fifth car is refused: every place is taken");
  await visit(page, "/subscriptions?q=Corvus");
  await page.locator("[data-subscription='Corvus & Co']", { hasText: "4 of 4 places taken" }).waitFor();
  await page.getByRole("button", { name: "Corvus & Co", exact: true }).click();
  const dialog = page.locator("[data-subscription-detail]");
  await dialog.locator("[data-vehicle]").first().waitFor();
  check((await dialog.getByText("takes a place").count()) === 4, "the screen says which cars take the places");
  await page.keyboard.press("Escape");
}

async function changesPlate(page: Page): Promise<void> {
  await visit(page, "/subscriptions?q=Corvus");
  await page.getByRole("button", { name: "Corvus & Co", exact: true }).click();
  const dialog = page.locator("[data-subscription-detail]");
  await dialog.getByRole("button", { name: `Another plate: ${CARS[9]}` }).click();
  await dialog.getByLabel("New plate").fill("ke 999 co");
  await dialog.getByLabel("New plate").press("Enter");
  check((await toast(page)).includes("ke 999 co now"), "a car has another plate");
  await dialog.locator("[data-vehicle=KE999CO]").waitFor();
  await dialog.locator("[data-history]", { hasText: "Plate changed" }).waitFor();
  await dialog.getByText("Plates of before").waitFor();
  check(true, "the plate of before stands in the history");
  await dialog.getByRole("button", { name: "Pause" }).click();
  await dialog.getByText("Paused", { exact: true }).first().waitFor();
  await page.getByTestId("toasts").getByRole("button", { name: "Undo" }).click();
  await dialog.getByRole("button", { name: "Pause" }).waitFor();
  check(true, "a pause is undone");
  await page.keyboard.press("Escape");
}

async function blocksCar(page: Page): Promise<void> {
  await visit(page, "/blocklist");
  await page.getByRole("button", { name: "Block a plate" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Plate").fill("ke 666 xo");
  await dialog.getByLabel("Reason").fill("left without paying");
  await dialog.getByRole("button", { name: "Block it" }).click();
  check((await toast(page)).includes("ke 666 xo is blocked"), "a plate is blocked with a reason");
  await page.locator("[data-block=KE666XO] button").click();
  await dialog.getByRole("button", { name: "Lift" }).click();
  await dialog.getByLabel("Why it is lifted").fill("paid by transfer");
  await dialog.getByLabel("Why it is lifted").press("Enter");
  await page.locator("[data-block=KE666XO]").waitFor({ state: "detached" });
  await page.getByTestId("toasts").getByRole("button", { name: "Undo" }).click();
  await page.locator("[data-block=KE666XO]").waitFor();
  check(true, "it is lifted, and blocked again by undo");
  await visit(page, "/blocklist?view=risk");
  await page.locator("[data-rule=exact]", { hasText: "no stranger" }).waitFor();
  check(true, "the list says what it means: no stranger passes by an exact plate");
}

/** Cars of a simulated entry, and what the server decides on them. */
export function arrivalsAt(page: Page, demo: Demo, lane: string): Arrivals {
  const decision = (plate: string) =>
    page.evaluate(
      async ([code, wanted]) => {
        const { items } = await (await fetch("/api/v1/lanes")).json();
        const last = items.find((one: { code: string }) => one.code === code)?.last;
        return last?.plate === wanted && last.code ? String(last.code) : null;
      },
      [lane, plate] as const,
    );
  return {
    arrive: async (plate) => {
      await demo.happen(lane, { do: "car", car: `company-${plate}`, plate, country: "SK", patience_ms: 20_000 });
      let code: string | null = null;
      await until(async () => (code = await decision(plate)) !== null);
      return code ?? "";
    },
  };
}

/** Everything but the cars, which need a lane. */
export async function managesLists(page: Page, arrivals: Arrivals | null): Promise<void> {
  await makesPlan(page);
  await subscribesCompany(page);
  if (arrivals) await fillsPlaces(page, arrivals);
  await changesPlate(page);
  await blocksCar(page);
}

async function runAlone(program: string): Promise<void> {
  const demo = await startDemo(program, 1);
  const browser = await startBrowser();
  try {
    const { page, complaints } = await open(browser, demo, { scheme: "light", width: 1300, height: 1000, locale: "en-GB" });
    page.setDefaultTimeout(WAIT_MS);
    await logIn(page, demo);
    await managesLists(page, arrivalsAt(page, demo, "in-2"));
    check(complaints.length === 0, `the browser complains of nothing ${complaints.join("; ")}`);
  } finally {
    await browser.close();
    await demo.stop();
  }
}

const [, script, program] = process.argv;
if (script?.endsWith("subscriptions.ts") && program) await runAlone(program);
