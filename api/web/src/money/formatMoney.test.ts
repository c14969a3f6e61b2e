import { describe, expect, it } from "vitest";
import { amountText, formatMoney, parseAmount } from "./formatMoney";

function shown(minor: number, currency: string): string {
  return formatMoney({ minor, currency }, "en-GB").replace("\u00a0", " ");
}

describe("money", () => {
  it("has the digits of its currency, whatever the browser thinks of it", () => {
    expect(shown(12_000, "HUF")).toBe("HUF 120.00");
    expect(shown(1_250, "EUR")).toBe("€12.50");
    expect(shown(12_000, "VND")).toBe("₫12,000");
    expect(shown(-1_250, "KWD")).toBe("-KWD 1.250");
    expect(shown(5_000, "ISK")).toBe("ISK 5,000");
  });

  it("is read back from the server's texts", () => {
    for (const amount of [
      { minor: 1_250, currency: "EUR" },
      { minor: -5, currency: "EUR" },
      { minor: 120_000, currency: "VND" },
      { minor: 1_250, currency: "KWD" },
    ]) {
      expect(parseAmount(amountText(amount))).toEqual(amount);
    }
  });

  it("is not what only looks like it", () => {
    for (const text of ["12.5 EUR", "12.50", "12.50 XXX", "1,250.00 EUR", "", "12 EUR"]) expect(parseAmount(text)).toBeNull();
  });
});
