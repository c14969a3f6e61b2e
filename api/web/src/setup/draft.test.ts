// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { type Draft, codeOf, firstDraft, isFilled, minorOf, reachable, setupOf, storeDraft, storedDraft } from "./draft";

const LANES = [
  { code: "in-1", name: "Entry 1", direction: "entry" },
  { code: "out-1", name: "Exit 1", direction: "exit" },
] as const;

const filled: Draft = {
  ...firstDraft("Asia/Ho_Chi_Minh", "vi", LANES),
  company: " Bãi xe Sông Hàn ",
  site: { name: "Sông Hàn", timeZone: "Asia/Ho_Chi_Minh", currency: "VND", languages: ["vi", "en"], capacity: "120" },
  price: "20000",
  admin: { name: "eva", email: "" },
};

describe("what is set up", () => {
  beforeEach(() => sessionStorage.clear());

  it("has a code made of its name", () => {
    expect(codeOf("Đường số 1, Sông Hàn")).toBe("duong-so-1-song-han");
    expect(codeOf("  North gate! ")).toBe("north-gate");
    expect(codeOf("東")).toBe("");
  });

  it("has a price in the currency's own units", () => {
    expect(minorOf("2.50", 2)).toBe(250);
    expect(minorOf("2,5", 2)).toBe(250);
    expect(minorOf("20000", 0)).toBe(20_000);
    for (const text of ["", "0", "-1", "2.505", "two", "1.5.2"]) expect(minorOf(text, 2)).toBeNull();
    expect(minorOf("2.5", 0)).toBeNull();
  });

  it("is what the server takes", () => {
    const totp = { secret: "S", otp: "123456" };
    const body = setupOf(filled, { token: "t", password: "p", totp }, 0);
    expect(body.site).toMatchObject({ code: "song-han", currency: "VND", capacity: 120, languages: ["vi", "en"] });
    expect(body).toMatchObject({ company: "Bãi xe Sông Hàn", tariff: { template: "hourly", price: 20_000 } });
    expect(body.admin).toEqual({ name: "eva", email: null, password: "p", totp });
  });
});

describe("a step", () => {
  it("is reached when those before it are filled", () => {
    expect(reachable("admin", filled, 0)).toBe("admin");
    expect(reachable("admin", { ...filled, price: "" }, 0)).toBe("prices");
    expect(reachable("lanes", { ...filled, company: "" }, 0)).toBe("company");
  });

  it("needs each lane to have a code of its own", () => {
    const twice = { ...filled, lanes: [LANES[0], { ...LANES[1], code: "in-1" }] };
    expect(isFilled("lanes", twice, 0)).toBe(false);
    expect(isFilled("lanes", { ...filled, lanes: [] }, 0)).toBe(false);
  });
});

describe("what was filled in", () => {
  it("is there after the page was loaded anew, and gone once it is done", () => {
    const first = firstDraft("Europe/Berlin", "en", LANES);
    storeDraft(filled);
    expect(storedDraft(first)).toEqual(filled);
    expect(sessionStorage.getItem("boomgate.setup")).not.toContain("password");
    storeDraft(null);
    expect(storedDraft(first)).toEqual(first);
  });

  it("begins anew where what is stored is not understood", () => {
    const first = firstDraft("Europe/Berlin", "en", LANES);
    sessionStorage.setItem("boomgate.setup", "{");
    expect(storedDraft(first)).toEqual(first);
  });
});
