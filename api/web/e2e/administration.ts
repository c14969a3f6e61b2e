// What an admin does on a quiet day, in a real browser: proves who they are once, corrects a site that somebody else changes at
// the same time, makes and revokes a key, ends a forgotten session, lets a guard in and out, reads
// the audit, closes a lane, and holds all exits open with a second person. Usage: administration.ts PROGRAM
import type { Page } from "playwright-core";
import { logIn, open, startBrowser } from "./browser.ts";
import { type Demo, startDemo } from "./demo.ts";
import { WAIT_MS, check, toast, visit } from "./story.ts";

const VIEW = { scheme: "light", width: 1300, height: 1000, locale: "en-GB" } as const;

async function giveStepUp(page: Page, password: string): Promise<void> {
  const field = page.locator("[data-step-up] input[type=password]");
  await field.waitFor();
  await field.fill(password);
  await field.press("Enter");
  await page.locator("[data-step-up]").waitFor({ state: "detached" });
}

async function provesOnce(page: Page, demo: Demo): Promise<void> {
  await page.locator("[data-manage]").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByRole("link", { name: "API keys" }).click();
  const field = page.locator("[data-step-up] input[type=password]");
  await field.waitFor();
  await field.fill("not the password");
  await field.press("Enter");
  await page.locator("[data-step-up] [role=alert]", { hasText: /wrong/i }).waitFor();
  check((await page.locator("[data-step-up]").count()) === 1, "a wrong password is said in the dialog, and nobody is logged out");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Give it now" }).click();
  await giveStepUp(page, demo.password);
  await page.getByText("No keys yet").waitFor();
  check(true, "the password is asked for once, and the list that needed it comes by itself");
}

async function correctsSite(page: Page): Promise<void> {
  await visit(page, "/settings/sites");
  await page.getByRole("link", { name: "Demo car park" }).click();
  const name = page.getByLabel("Name");
  await name.fill("North gate");
  await page.evaluate(async () => {
    const body = JSON.stringify({ name: "South gate", time_zone: "Europe/Vienna" });
    const answer = await fetch("/api/v1/sites/demo", { method: "PATCH", headers: { "Content-Type": "application/json" }, body });
    if (!answer.ok) throw new Error(`the other one's change: ${answer.status}`);
  });
  await page.getByRole("button", { name: "Save" }).click();
  const conflict = page.locator("[data-conflict]");
  await conflict.getByText("is “Europe/Vienna” now").waitFor();
  await conflict.getByText("South gate").waitFor();
  check(true, "what somebody else saved meanwhile is shown, and what both touched is asked for");
  await conflict.getByLabel("Yours: North gate").check();
  await conflict.getByRole("button", { name: "Save this" }).click();
  check((await toast(page)).includes("North gate: saved"), "the choice is saved");
  check((await page.getByLabel("Time zone").inputValue()) === "Europe/Vienna", "the other one's time zone is kept");
}

async function makesKey(page: Page): Promise<void> {
  await visit(page, "/settings/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("display at the entry");
  await page.getByLabel("See lanes, pictures and what happens").check();
  await page.getByLabel("Good for").selectOption("30");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = await page.locator("[data-secret]").innerText();
  const status = await page.evaluate(async (secret) => {
    const headers = { Authorization: `Bearer ${secret}` };
    return (await fetch("/api/v1/lanes", { headers, credentials: "omit" })).status;
  }, key);
  check(status === 200, "a key is shown once, and a program gets in by it");
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.getByRole("button", { name: "Revoke: display at the entry" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  check((await toast(page)).includes("display at the entry is revoked"), "it is revoked after a question");
  await page.locator("[data-key='display at the entry']", { hasText: "revoked" }).waitFor();
}

/** Invites somebody and lets them choose a password by their link, on the other screen. */
async function invite(page: Page, elsewhere: Page, who: { name: string; role: string; password: string }): Promise<void> {
  await visit(page, "/people?person=new");
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Name").fill(who.name);
  await dialog.getByLabel("North gate").selectOption(who.role);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const { pathname, hash } = new URL(await page.locator("[data-secret]").innerText());
  await dialog.getByRole("button", { name: "I have passed it on" }).click();
  await visit(elsewhere, `${pathname}${hash}`);
  await elsewhere.getByLabel("New password").fill(who.password);
  await elsewhere.getByRole("button", { name: "Set the password" }).click();
  await elsewhere.getByRole("link", { name: "To the log-in" }).click();
}

async function letsPeopleIn(page: Page, demo: Demo, elsewhere: Page): Promise<void> {
  const dialog = page.locator("[data-modal]");
  const password = "seven lanterns over wet asphalt";
  await invite(page, elsewhere, { name: "nina", role: "guard", password });
  await logIn(elsewhere, { ...demo, name: "nina", password });
  await elsewhere.locator("[data-manage]").click();
  await elsewhere.getByRole("menuitem", { name: "Vehicles" }).waitFor();
  const managed = await elsewhere.getByRole("menuitem", { name: /^(People|Settings|Audit|Jobs)/ }).count();
  check(managed === 0, "a guard who was invited gets in, and sees no administration");
  await elsewhere.keyboard.press("Escape");

  await page.getByRole("button", { name: "nina" }).click();
  await dialog.getByRole("button", { name: "Do not let in" }).click();
  await elsewhere.locator("input[type=password]").waitFor({ timeout: 5_000 });
  check(true, "the open screen of somebody who is not let in any more closes within 5 s");
  await page.locator("[data-person=nina]", { hasText: "not let in since" }).waitFor();
  await page.getByTestId("toasts").getByRole("button", { name: "Undo" }).click();
  await page.locator("[data-person=nina]", { hasText: /let in$/ }).waitFor();
  check(true, "undo lets them in again");

  await page.getByRole("button", { name: "admin", exact: true }).click();
  await dialog.getByLabel("A role at each site").check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("this is the last admin").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  check(!page.url().includes("person="), "the last admin stays one, and the server's reason is shown");
}

async function readsAudit(page: Page): Promise<void> {
  await visit(page, "/audit");
  await page.getByLabel("What").selectOption("user.disabled");
  await page.locator("li[data-action]").first().waitFor();
  await page.waitForFunction(() => {
    const actions = [...document.querySelectorAll("li[data-action]")].map((line) => line.getAttribute("data-action"));
    return actions.length > 0 && actions.every((action) => action === "user.disabled");
  });
  const newest = page.locator("li[data-action]").first();
  check((await newest.innerText()).includes("Lets nina in again"), "the audit says in a sentence what was done to whom");
  check(page.url().includes("action=user.disabled"), "its filters stand in the address");
  await newest.locator("summary").click();
  await newest.getByText("Request").waitFor();
  await page.getByLabel("Until").fill("2020-01-01T00:00");
  await page.getByText("Nothing matches").waitFor();
  await page.goBack();
  await newest.waitFor();
  check(true, "back brings the lines of the filter before");
}

async function closesLane(page: Page): Promise<void> {
  await visit(page, "/live");
  const card = page.locator("article[data-lane=in-1]");
  await card.getByRole("button", { name: "Mode" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Closed to all").check();
  await dialog.getByLabel("Reason").fill("the ramp is being painted");
  await dialog.getByRole("button", { name: "Set the mode" }).click();
  await card.locator("[data-mode=closed_to_all][data-mode-done=true]").waitFor();
  check((await card.innerText()).includes("the ramp is being painted"), "a lane is closed to all: asked for first, and so once the lane has said it");
  await card.getByRole("button", { name: "Mode" }).click();
  await dialog.getByRole("radio", { name: /^Open/ }).check();
  await dialog.getByLabel("Reason").fill("the paint is dry");
  await dialog.getByRole("button", { name: "Set the mode" }).click();
  await card.locator("[data-mode]").waitFor({ state: "detached" });
  check(true, "and opened again");
}

async function holdsAllWithSecondPerson(page: Page, demo: Demo, elsewhere: Page): Promise<void> {
  const password = "nine kettles under one bridge";
  await invite(page, elsewhere, { name: "otto", role: "operator", password });
  await logIn(elsewhere, { ...demo, name: "otto", password });
  await visit(page, "/live");
  await page.getByRole("button", { name: "Hold all exits open" }).click();
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel("Reason").fill("everybody leaves the concert");
  await dialog.getByRole("button", { name: "Ask a second person" }).click();
  await page.locator("[data-hold-all]", { hasText: "another person has to confirm" }).waitFor();
  check((await page.locator("[data-hold-all] button").count()) === 0, "who asks for all lanes cannot confirm it");
  await elsewhere.locator("[data-hold-all]", { hasText: "everybody leaves the concert" }).waitFor();
  await elsewhere.getByRole("button", { name: "Confirm: open them" }).click();
  await giveStepUp(elsewhere, password);
  for (const lane of ["out-1", "out-2"]) await page.locator(`article[data-lane=${lane}] [data-boom=held]`).waitFor();
  check(true, "a second person does, after giving the password again, and all exits are held open");
  await page.getByRole("button", { name: "Release all exits" }).click();
  await dialog.getByLabel("Reason").fill("the concert is over");
  await dialog.getByRole("button", { name: "Release", exact: true }).click();
  for (const lane of ["out-1", "out-2"]) await page.locator(`article[data-lane=${lane}] [data-boom=held]`).waitFor({ state: "detached" });
  check(true, "one person releases them");
}

async function endsForgottenSession(page: Page, elsewhere: Page): Promise<void> {
  await visit(page, "/account");
  await page.locator("[data-session=current]", { hasText: "this browser" }).waitFor();
  await page.locator("[data-session=other] button").first().click();
  await toast(page);
  await elsewhere.locator("input[type=password]").waitFor();
  check(true, "a session ended here shows the log-in on the other screen");
}

const program = process.argv[2];
if (!program) throw new Error("usage: administration.ts PROGRAM");
const demo = await startDemo(program, 1);
const browser = await startBrowser();
try {
  const { page, complaints } = await open(browser, demo, VIEW);
  const other = await open(browser, demo, VIEW);
  for (const one of [page, other.page]) one.setDefaultTimeout(WAIT_MS);
  await logIn(page, demo);
  await logIn(other.page, demo);
  await provesOnce(page, demo);
  await correctsSite(page);
  await makesKey(page);
  await endsForgottenSession(page, other.page);
  await letsPeopleIn(page, demo, other.page);
  await readsAudit(page);
  await closesLane(page);
  await holdsAllWithSecondPerson(page, demo, other.page);
  const unexpected = complaints.filter((one) => !/status of (409|412)/.test(one));
  check(unexpected.length === 0, `the browser complains of nothing ${unexpected.join("; ")}`);
} finally {
  await browser.close();
  await demo.stop();
}
