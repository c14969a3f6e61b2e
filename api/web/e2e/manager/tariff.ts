// A manager's morning, the part about prices: a draft is written with its faults beside the fields, tried and compared, published
// for midnight, and another one for the next minute; the first car that comes in after that is charged by it.
import type { Page } from "playwright-core";
import type { Demo } from "../demo.ts";
import { check, toast, until, visit } from "../story.ts";

const CALENDAR = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "BEGIN:VEVENT",
  "SUMMARY:Christmas Day",
  "DTSTART;VALUE=DATE:20261225",
  "RRULE:FREQ=YEARLY",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

/** What the cars of this story pay. */
const PRICE = "4.20";
const RULE = "Morning price";

async function beginsDraft(page: Page): Promise<void> {
  await page.locator("[data-manage]").click();
  await page.getByRole("menuitem", { name: "Tariffs" }).click();
  await page.locator("[data-version='1'][data-state=in_force]").waitFor();
  await page.getByRole("button", { name: "New draft" }).click();
  await page.locator("[data-draft-form]").waitFor();
  await toast(page);
  check(true, "a draft begins from what is in force");
}

async function seesFaults(page: Page): Promise<void> {
  const form = page.locator("[data-draft-form]");
  await form.getByLabel(/^24-hour cap/).fill("0");
  await form.getByLabel("Rule 1: Name").fill("");
  await page.locator("[data-check=wrong]").waitFor();
  await form.getByText("is 0; leave it out for no cap").waitFor();
  const listed = await page.locator("[data-check=wrong] li").count();
  check(listed >= 3, `every fault is named at once, beside its field and in a list (${listed})`);
  await form.getByLabel(/^Price/).first().fill("4.2.0");
  await form.getByText("This is no amount").waitFor();
  check(await page.getByRole("button", { name: "Save" }).isDisabled(), "what is no amount is not saved");
  await form.getByLabel(/^24-hour cap/).fill("");
  await form.getByLabel(/^Daily cap/).fill("");
  await form.getByLabel("Rule 1: Name").fill(RULE);
  await form.getByLabel(/^Price/).first().fill(PRICE);
  await form.getByLabel("Name", { exact: true }).fill("Morning tariff");
  await page.locator("[data-check=good]").waitFor();
  await page.locator("[data-examples]").getByText("€4.20").first().waitFor();
  await page.locator("[data-week] li", { hasText: "€4.20" }).first().waitFor();
  check(true, "once nothing is wrong, example prices and the week follow what is typed");
}

function calendarFile(text: string) {
  return { name: "holidays.ics", mimeType: "text/calendar", buffer: Buffer.from(text) };
}

async function addsHolidays(page: Page): Promise<void> {
  const input = page.locator("input[type=file]");
  await input.setInputFiles(calendarFile(CALENDAR.replace("FREQ=YEARLY", "FREQ=WEEKLY")));
  await page.locator("[role=alert]", { hasText: "Christmas Day" }).waitFor();
  check(true, "a calendar with a rule that is not understood is refused by the name of its event");
  await input.setInputFiles(calendarFile(CALENDAR));
  await page.locator("[data-holiday='2026-12-25']", { hasText: "every year" }).waitFor();
  await toast(page);
  check(true, "holidays are read out of a calendar file");
}

/** The site's day may be another than this machine's. */
function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

async function triesIt(page: Page): Promise<void> {
  const form = page.locator("[data-simulate]");
  await form.getByRole("button", { name: "What it costs" }).click();
  const price = page.locator("[data-price]");
  await price.locator("[data-total]").waitFor();
  check((await price.innerText()).includes(RULE), "a simulated stay shows the lines that its driver would see");
  const compared = page.locator("[data-what-if]");
  await compared.getByLabel("First day").fill(dayFromNow(-1));
  await compared.getByLabel("Last day").fill(dayFromNow(1));
  await until(async () => {
    await compared.getByRole("button", { name: "Compare" }).click();
    await page.locator("[data-comparison], [data-what-if] + * + *:not(:empty)").first().waitFor();
    return (await page.locator("[data-comparison]").count()) > 0;
  });
  const text = await page.locator("[data-comparison]").innerText();
  check(/Pay more\s+\d+ stay/.test(text), `what the stays so far would have cost is compared: ${text.split("\n").slice(0, 4).join(" ")}`);
}

async function publishes(page: Page, password: string, when: string, time: string | null): Promise<void> {
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const dialog = page.locator("form[data-publish]");
  await dialog.getByLabel(when, { exact: false }).first().check();
  if (time) await dialog.locator("input[type=datetime-local]").fill(time);
  await dialog.getByRole("button", { name: "Publish for then" }).click();
  // The server asks once in ten minutes.
  const [asked, said] = [page.locator("[data-step-up] input[type=password]"), page.getByTestId("toasts")];
  await page.waitForFunction(
    () => document.querySelector("[data-step-up]") !== null || document.querySelector("[data-testid=toasts]")?.textContent !== "",
  );
  if ((await said.innerText()) === "") {
    await asked.fill(password);
    await asked.press("Enter");
  }
}

async function publishesForMidnight(page: Page, demo: Demo): Promise<void> {
  const form = page.locator("[data-draft-form]");
  await form.getByRole("button", { name: "Save" }).click();
  check((await toast(page)).includes("The draft is saved."), "the draft is saved");
  await publishes(page, demo.password, "At midnight", null);
  check((await toast(page)).includes("Version 2 is published."), "it is published for midnight, once the password was given");
  const planned = page.locator("[data-version='2']");
  await planned.waitFor();
  check((await planned.getAttribute("data-state")) === "scheduled", "until then it is scheduled, and the first version stays in force");
  check((await planned.innerText()).includes("€") || (await planned.innerText()).includes("EUR"), "what is another stands there in words");
}

/** `2026-11-30T08:01`: the site's wall clock, a minute and a bit ahead. */
function soon(timeZone: string): string {
  const text = new Date(Date.now() + 75_000).toLocaleString("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  return text.replace(" ", "T");
}

/** Midnight may be hours away: the same tariff, for the next minute. */
async function publishesForSoon(page: Page, demo: Demo): Promise<void> {
  await page.locator("[data-version='2']").getByRole("button", { name: /^Draft from it/ }).click();
  const form = page.locator("[data-draft-form]");
  await form.waitFor();
  await toast(page);
  await form.getByLabel("Name", { exact: true }).fill("From the next minute");
  await form.getByRole("button", { name: "Save" }).click();
  await toast(page);
  await publishes(page, demo.password, "At a time", soon("Europe/Bratislava"));
  check((await toast(page)).includes("Version 3 is published."), "another one is published for the next minute");
  await until(async () => {
    await visit(page, "/tariffs/versions");
    await page.locator("[data-version='3']").waitFor();
    return (await page.locator("[data-version='3']").getAttribute("data-state")) === "in_force";
  });
  check((await page.locator("[data-version='1']").getAttribute("data-state")) === "past", "when its time comes it is in force, without a restart");
}

async function seesFirstCarCharged(page: Page): Promise<void> {
  await until(async () => {
    await visit(page, "/stays?state=open");
    const newest = page.locator("a[data-stay]").first();
    await newest.waitFor();
    await newest.click();
    await page.getByTestId("charge").waitFor();
    return (await page.getByTestId("charge").locator("[data-tariff='3']").count()) > 0;
  });
  const charge = await page.getByTestId("charge").innerText();
  check(charge.includes("From the next minute, Version 3"), "the first car that came in after that is charged by the new version, which is named");
  check(charge.includes(RULE), "by the rule that was simulated, under the same name");
  // Cars that came in before keep what was in force then.
  await until(async () => {
    await visit(page, "/stays?state=closed");
    await page.locator("a[data-stay]").last().click();
    await page.getByTestId("charge").waitFor();
    return (await page.getByTestId("charge").locator("[data-tariff='1']").count()) > 0;
  });
  check(true, "a car that came in before was charged by the first version");
}

async function makesCode(page: Page): Promise<void> {
  await visit(page, "/tariffs/validations");
  await page.getByRole("button", { name: "New code" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("For whom or what").fill("Bakery");
  await dialog.getByLabel("Minutes", { exact: true }).fill("60");
  await dialog.getByLabel("Code", { exact: true }).fill("bakery-1");
  await dialog.getByRole("button", { name: "Make the code" }).click();
  check((await toast(page)).includes("Code BAKERY-1 is made."), "a code is made for a shop");
  await until(async () => {
    await visit(page, "/stays?state=open");
    await page.locator("a[data-stay]").first().click();
    const form = page.locator("form[data-redeem]");
    await page.getByTestId("timeline").waitFor();
    // It may have driven on meanwhile.
    if ((await form.count()) === 0) return false;
    await form.getByLabel("Code", { exact: true }).fill("bakery-1");
    await form.getByRole("button", { name: "Redeem" }).click();
    await page.locator("[data-redeem] [role=alert]:not(:empty)").waitFor();
    return (await page.locator("[data-redeem] [role=alert]").innerText()).includes("you made this code");
  });
  check(true, "who made a code does not redeem it");
  await visit(page, "/tariffs/validations");
  await page.getByRole("button", { name: "End: BAKERY-1" }).click();
  await dialog.getByRole("button", { name: "End", exact: true }).click();
  await page.locator("[data-code='BAKERY-1']", { hasText: "Ended" }).waitFor();
  await toast(page);
  check(true, "a code is ended after a question");
}

/** Begins on any screen, logged in as an admin; the password may be asked for. */
export async function tariffMorning(page: Page, demo: Demo): Promise<void> {
  await beginsDraft(page);
  await seesFaults(page);
  await addsHolidays(page);
  await triesIt(page);
  await publishesForMidnight(page, demo);
  await publishesForSoon(page, demo);
  await seesFirstCarCharged(page);
  await makesCode(page);
}
