// A part of a manager's morning: five hundred plates from a file with seven wrong lines, corrected, found while typing, and taken
// back. The steps are composed by a story, or run alone: vehicles.ts PROGRAM
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { logIn, open, startBrowser } from "../browser.ts";
import { startDemo } from "../demo.ts";
import { WAIT_MS, check, toast, visit } from "../story.ts";

const LINES = 500;
const WRONG = [10, 77, 140, 222, 300, 404, 499];

/** As Excel writes it where the comma is the decimal sign: a byte order mark and semicolons. */
function file(isRight: boolean): Buffer {
  const lines = Array.from({ length: LINES }, (_, number) => {
    const type = !isRight && WRONG.includes(number) ? "aeroplane" : "car";
    return `mo ${String(number).padStart(3, "0")}ab;SK;${type};Anna Nováková ${number};+421 900 ${String(100_000 + number)};Cold Store Ltd`;
  });
  return Buffer.from(`\u{feff}Plate;Country;Type;Contact;Phone;Owner\r\n${lines.join("\r\n")}\r\n`);
}

async function importsList(page: Page): Promise<void> {
  await visit(page, "/vehicles");
  await page.getByText("No vehicles yet").waitFor();
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const dialog = page.locator("[data-modal]");
  const input = dialog.locator("input[type=file]");
  await input.setInputFiles({ name: "company.csv", mimeType: "text/csv", buffer: file(false) });
  await dialog.locator("[data-faults='7']").waitFor();
  check((await dialog.getByText("7 lines are wrong and are left out").count()) === 1, "a trial names every wrong line");
  check((await dialog.locator("[data-faults] tr", { hasText: "12" }).first().innerText()).includes("vehicle_type"), "and what is wrong in it");
  const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: "Save the wrong lines" }).click()]);
  const saved = (await readFile((await download.path()) ?? "", "utf8")).trim().split("\n");
  check(saved.length === WRONG.length + 1, "the wrong lines are saved to be corrected, with the first line");
  await dialog.getByRole("button", { name: "Take 493 vehicles over" }).click();
  check((await toast(page)).includes("493 added, 0 changed"), "the right lines are taken over");
}

async function correctsList(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.locator("input[type=file]").setInputFiles({ name: "corrected.csv", mimeType: "text/csv", buffer: file(true) });
  await dialog.getByRole("button", { name: "Take 7 vehicles over" }).click();
  check((await toast(page)).includes("7 added"), "the corrected file adds what was missing and nothing twice");
}

async function findsCar(page: Page): Promise<void> {
  const search = page.locator("[data-search]");
  await search.fill("m0 222");
  await page.locator("[data-found='m0 222'] [data-vehicle=MO222AB]").waitFor();
  check(true, "a plate is found while typing, 0 for O");
  await search.fill("novakova 30");
  await page.locator("[data-found='novakova 30'] [data-vehicle=MO300AB]").waitFor();
  await search.fill("900 100 042");
  await page.locator("[data-found='900 100 042'] [data-vehicle=MO042AB]").waitFor();
  check(true, "and by a name without its accents, and by a phone number");
  await page.locator("[data-vehicle=MO042AB]").click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Notes").fill("second gate only");
  await dialog.getByRole("button", { name: "Save" }).click();
  check((await toast(page)).includes("mo 042ab is saved"), "one of them is corrected by hand");
  await page.locator("[data-vehicle=MO042AB]").click();
  await dialog.getByLabel("Why do you look?").fill("asked by the owner");
  await dialog.getByRole("button", { name: "Show" }).click();
  await dialog.getByText("It was never here").waitFor();
  check(true, "where it was is shown to who says why");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await page.getByTestId("toasts").getByRole("button", { name: "Undo" }).click();
  await page.locator("[data-vehicle=MO042AB]").waitFor();
  check(true, "a removed vehicle is brought back");
  await search.fill("");
}

async function takesBack(page: Page): Promise<void> {
  await visit(page, "/vehicles?vehicle=imports");
  const row = page.locator("[data-import-row]", { hasText: "company.csv" });
  await row.getByRole("button", { name: "Take back" }).click();
  const said = await toast(page);
  check(said.includes("492 are as before") && said.includes("1 stay"), "an import is taken back, less what somebody changed since");
  await row.getByText("Taken back by").waitFor();
  await page.keyboard.press("Escape");
}

export async function managesVehicles(page: Page): Promise<void> {
  await importsList(page);
  await correctsList(page);
  await findsCar(page);
  await takesBack(page);
}

async function runAlone(program: string): Promise<void> {
  const demo = await startDemo(program, 1);
  const browser = await startBrowser();
  try {
    const { page, complaints } = await open(browser, demo, { scheme: "light", width: 1300, height: 1000, locale: "en-GB" });
    page.setDefaultTimeout(WAIT_MS);
    await logIn(page, demo);
    await managesVehicles(page);
    check(complaints.length === 0, `the browser complains of nothing ${complaints.join("; ")}`);
  } finally {
    await browser.close();
    await demo.stop();
  }
}

const [, script, program] = process.argv;
if (script?.endsWith("vehicles.ts") && program) await runAlone(program);
