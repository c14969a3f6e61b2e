// The part of a manager's morning that is about prices, by itself. Usage: tariffs.ts PROGRAM
import { logIn, open, startBrowser } from "./browser.ts";
import { startDemo } from "./demo.ts";
import { tariffMorning } from "./manager/tariff.ts";
import { WAIT_MS, check } from "./story.ts";

const program = process.argv[2];
if (!program) throw new Error("usage: tariffs.ts PROGRAM");
const demo = await startDemo(program, 5);
const browser = await startBrowser();
try {
  const { page, complaints } = await open(browser, demo, { scheme: "light", width: 1300, height: 1000, locale: "en-GB" });
  page.setDefaultTimeout(WAIT_MS);
  await logIn(page, demo);
  await tariffMorning(page, demo);
  const unexpected = complaints.filter((one) => !/status of (409|422)/.test(one));
  check(unexpected.length === 0, `the browser complains of nothing ${unexpected.join("; ")}`);
} finally {
  await browser.close();
  await demo.stop();
}
