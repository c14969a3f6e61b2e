// An admin's first day, from an empty database to the first car, in both languages: the set-up page with its one-time link,
// recovery codes, a device, a car on the live screen; then in again with a recovery code, a proof by the app's code, and a
// colleague who joins by a link. Usage: firstDay.ts PROGRAM
import type { Browser, Page } from "playwright-core";
import type { Messages } from "../src/i18n/en.ts";
import { en } from "../src/i18n/en.ts";
import { vi } from "../src/i18n/vi.ts";
import { codeOf } from "./authenticator.ts";
import { type Watched, open, startBrowser } from "./browser.ts";
import { type Server, startServer } from "./server.ts";
import { WAIT_MS, check, until, visit } from "./story.ts";

const LANGUAGES = [
  { locale: "en-GB", texts: en, site: "North Quay", code: "north-quay", zone: "Europe/Bratislava", currency: "EUR", price: "2.00" },
  { locale: "vi-VN", texts: vi, site: "Sông Hàn", code: "song-han", zone: "Asia/Ho_Chi_Minh", currency: "VND", price: "20000" },
] as const;

type Told = (typeof LANGUAGES)[number] & { texts: Messages };

const ADMIN = { name: "eva", password: "a barrier in the morning fog" };
const GUARD = { name: "nina", password: "seven lanterns over wet asphalt" };

interface Secrets {
  totp: string;
  recovery: readonly string[];
}

async function setsUp(page: Page, told: Told): Promise<Secrets> {
  const { setup, otp, settings, login, account } = told.texts;
  const next = () => page.getByRole("button", { name: setup.next, exact: true }).click();
  await page.getByLabel(setup.company, { exact: true }).fill("Quay Parking");
  await next();
  await page.getByLabel(setup.siteName, { exact: true }).fill(told.site);
  await page.getByText(setup.codeIs(told.code)).waitFor();
  await page.getByLabel(settings.sites.timeZone).selectOption(told.zone);
  await page.getByLabel(settings.sites.currency).selectOption(told.currency);
  await page.getByLabel(setup.capacity).fill("50");
  await next();
  await page.getByText(setup.lanesTitle).waitFor();
  await page.reload();
  await page.getByText(setup.lanesTitle).waitFor();
  await page.goBack();
  check((await page.getByLabel(setup.siteName, { exact: true }).inputValue()) === told.site, "loading the page anew and going back lose nothing");
  await next();
  await next();
  await page.getByLabel(setup.templates.day_and_night.name).check();
  await page.getByLabel(new RegExp(`^${setup.pricePerHour}`)).fill(told.price);
  await page.locator("[data-examples] tr").nth(4).waitFor();
  const examples = await page.locator("[data-examples]").innerText();
  check(/€|₫/.test(examples) && /[1-9]/.test(examples), "the price of an hour shows at once what some stays would cost");
  await next();

  await page.getByLabel(login.name, { exact: true }).fill(ADMIN.name);
  await page.getByLabel(account.newPassword).fill("parking123");
  await page.getByRole("button", { name: setup.withCodes }).click();
  const totp = await page.locator("[data-secret]").innerText();
  await page.getByRole("img", { name: otp.qr }).waitFor();
  const finish = async () => {
    await page.getByLabel(otp.code).fill(codeOf(totp, Date.now()));
    await page.getByRole("button", { name: setup.finish }).click();
  };
  await finish();
  await page.locator("[aria-invalid=true][type=password]").waitFor();
  check(true, "a password that is easily guessed is refused, beside its field");
  await page.getByLabel(account.newPassword).fill(ADMIN.password);
  await finish();
  await page.locator("[data-recovery-codes]").waitFor();
  const recovery = await page.locator("[data-recovery-codes] li").allInnerTexts();
  check(recovery.length === 10, "ten recovery codes are shown once");
  await page.getByRole("button", { name: otp.stored }).click();
  return { totp, recovery };
}

async function seesFirstCar(page: Page, server: Server, told: Told): Promise<void> {
  const { nextSteps } = told.texts;
  await page.locator("article[data-lane]").nth(1).waitFor();
  await page.getByText(nextSteps.title).waitFor();
  const command = await page.locator("[data-secret]").first().innerText();
  check(command.includes(`--site ${told.code} --lane in-1`), "the live screen says what to do next: add a device");
  const lane = await server.startLane(told.code, "in-1", "entry");
  const card = page.locator("article[data-lane=in-1]");
  await card.getByText(told.texts.lanes.connected).waitFor();
  check((await page.getByText(nextSteps.title).count()) === 0, "the lane connects, and nothing is left to do");
  await until(async () =>
    lane.car("BA123XY").then(
      () => true,
      () => false,
    ),
  );
  await card.locator("[data-plate=BA123XY]").waitFor();
  await card.locator("[data-boom=open], [data-boom=opening]").first().waitFor();
  check(true, "the first car is read, let in, and the boom opens");
}

async function comesBack(page: Page, { recovery }: Secrets, { texts }: Told): Promise<void> {
  await page.locator("[data-own-menu]").click();
  await page.getByRole("menuitem", { name: texts.login.out }).click();
  await page.getByLabel(texts.login.name, { exact: true }).fill(ADMIN.name);
  await page.getByLabel(texts.login.password, { exact: true }).fill(ADMIN.password);
  await page.keyboard.press("Enter");
  await page.getByLabel(texts.otp.code).waitFor();
  await page.getByRole("button", { name: texts.otp.useRecovery }).click();
  await page.getByLabel(texts.otp.recoveryCode).fill(recovery[0] ?? "");
  await page.keyboard.press("Enter");
  await page.locator("article[data-lane]").first().waitFor();
  check(true, "the log-in asks for a code after the password, and takes a recovery code");
}

async function invites(page: Page, { totp }: Secrets, { texts }: Told): Promise<string> {
  await visit(page, "/people?person=new");
  const proof = page.locator("[data-step-up]");
  await proof.getByRole("button", { name: texts.stepUp.byCode }).click();
  // Each code lets in once: until the next one is there, the last is refused.
  await until(async () => {
    await proof.getByLabel(texts.otp.code).fill(codeOf(totp, Date.now()));
    const answered = page.waitForResponse(/\/me\/step-up$/);
    await proof.getByRole("button", { name: texts.stepUp.submit }).click();
    return (await answered).ok();
  });
  await proof.waitFor({ state: "detached" });
  check(true, "what needs a proof takes a code of the app as well");
  const dialog = page.locator("[data-modal]");
  await dialog.getByLabel(texts.people.name, { exact: true }).fill(GUARD.name);
  await dialog.getByRole("button", { name: texts.people.inviteNow }).click();
  const link = await page.locator("[data-secret]").innerText();
  check(link.includes("/join#"), "a colleague is invited by a link that is shown once");
  return link;
}

async function joins(page: Page, link: string, { texts }: Told): Promise<void> {
  const { pathname, hash } = new URL(link);
  const path = `${pathname}${hash}`;
  await visit(page, path);
  await page.getByText(texts.join.invitation("Quay Parking")).waitFor();
  await page.getByLabel(texts.account.newPassword).fill(GUARD.password);
  await page.getByRole("button", { name: texts.join.submit }).click();
  await page.getByRole("link", { name: texts.join.toLogin }).click();
  await page.getByLabel(texts.login.name, { exact: true }).fill(GUARD.name);
  await page.getByLabel(texts.login.password, { exact: true }).fill(GUARD.password);
  await page.keyboard.press("Enter");
  await page.locator("article[data-lane]").first().waitFor();
  check(true, "the colleague chooses a password by it and sees the lanes");
  await visit(page, path);
  await page.getByText(texts.join.gone).waitFor();
  check(true, "the link works once");
}

function complaintsOf(watched: readonly Watched[]): string[] {
  return watched.flatMap(({ complaints }) => complaints).filter((one) => !/status of 422/.test(one));
}

async function tell(browser: Browser, program: string, told: Told): Promise<void> {
  process.stdout.write(`${told.locale}\n`);
  const server = await startServer(program);
  try {
    const view = { scheme: "light", width: 1300, height: 1000, locale: told.locale } as const;
    const admin = await open(browser, server, view);
    const guard = await open(browser, server, view);
    for (const { page } of [admin, guard]) page.setDefaultTimeout(WAIT_MS);
    await guard.page.getByText(told.texts.login.notSetUp).waitFor();
    await admin.page.goto(server.setupUrl);
    const secrets = await setsUp(admin.page, told);
    await seesFirstCar(admin.page, server, told);
    await comesBack(admin.page, secrets, told);
    const link = await invites(admin.page, secrets, told);
    await joins(guard.page, link, told);
    const unexpected = complaintsOf([admin, guard]);
    check(unexpected.length === 0, `the browser complains of nothing ${unexpected.join("; ")}`);
  } finally {
    await server.stop();
  }
}

const program = process.argv[2];
if (!program) throw new Error("usage: firstDay.ts PROGRAM");
const browser = await startBrowser();
try {
  for (const told of LANGUAGES) await tell(browser, program, told);
} finally {
  await browser.close();
}
