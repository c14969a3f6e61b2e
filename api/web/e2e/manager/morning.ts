// A manager's morning: five hundred plates from a file with seven wrong lines, corrected; a company of ten cars on four places.
// Usage: morning.ts PROGRAM
import { logIn, open, startBrowser } from "../browser.ts";
import { startDemo } from "../demo.ts";
import { WAIT_MS, check } from "../story.ts";
import { arrivalsAt, managesLists } from "./subscriptions.ts";
import { managesVehicles } from "./vehicles.ts";

const program = process.argv[2] ?? "";
const demo = await startDemo(program, 1);
const browser = await startBrowser();
try {
  const { page, complaints } = await open(browser, demo, { scheme: "light", width: 1300, height: 1000, locale: "en-GB" });
  page.setDefaultTimeout(WAIT_MS);
  await logIn(page, demo);
  await managesVehicles(page);
  await managesLists(page, arrivalsAt(page, demo, "in-2"));
  check(complaints.length === 0, `the browser complains of nothing ${complaints.join("; ")}`);
} finally {
  await browser.close();
  await demo.stop();
}
