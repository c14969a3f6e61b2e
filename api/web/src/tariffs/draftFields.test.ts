import { describe, expect, it } from "vitest";
import type { TariffBody } from "../api/schema.gen";
import { fieldsOf, minorOfText, readFields } from "./draftFields";

const tariff: TariffBody = {
  name: "Day and night",
  grace_minutes: 10,
  free_minutes: 0,
  exit_time_minutes: 15,
  daily_cap: 1_800,
  cap_24h: null,
  monthly_cap: null,
  lost_ticket: 2_500,
  vat_basis_points: 550,
  holidays: [{ name: "Christmas", from: "2026-12-25", until: "2026-12-25", yearly: true }],
  rules: [
    { name: "Night", vehicles: [], days: ["fri"], window: { from: "22:00", until: "06:00" }, bands: [{ price: 300, step_minutes: null, until_minute: null }] },
    { name: "Day", vehicles: ["car", "van"], days: [], window: null, bands: [{ price: 50, step_minutes: 30, until_minute: 60 }, { price: 0, step_minutes: 60, until_minute: null }] },
  ],
};

describe("a typed tariff", () => {
  it("is the tariff it was made of, in any currency", () => {
    for (const digits of [0, 2, 3]) expect(readFields(fieldsOf(tariff, digits), digits)).toEqual({ body: tariff, unread: {} });
  });

  it("names what cannot be read where the server would", () => {
    const typed = fieldsOf(tariff, 2);
    const [night, day] = typed.rules;
    if (!night || !day) throw new Error("two rules");
    const rules = [{ ...night, bands: [{ price: "3,0.0", step: "an hour", upTo: "" }] }, day];
    const { unread } = readFields({ ...typed, rules, dailyCap: "12.345", vat: "20.555", grace: "-1" }, 2);
    expect(unread).toEqual({
      grace_minutes: "number",
      daily_cap: "price",
      vat_basis_points: "percent",
      "rules[0].bands[0].price": "price",
      "rules[0].bands[0].step_minutes": "number",
    });
  });

  it("takes amounts as people write them", () => {
    expect([minorOfText("2,5", 2), minorOfText("2.50", 2), minorOfText("0", 2), minorOfText("1.5", 0), minorOfText("", 2)]).toEqual([250, 250, 0, null, null]);
  });
});
