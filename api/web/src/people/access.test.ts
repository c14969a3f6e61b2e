import { describe, expect, it } from "vitest";
import { type Access, accessOf, changesBetween, isBlind } from "./access";

const guard: Access = { kind: "sites", roles: { north: "guard" } };

describe("a person's access", () => {
  it("is a role at each site, or everything", () => {
    expect(accessOf({ memberships: [{ role: "guard", site: "north" }] }, ["north", "south"])).toEqual(guard);
    expect(accessOf({ memberships: [{ role: "admin", site: null }] }, ["north"])).toEqual({ kind: "admin" });
    expect(accessOf({ memberships: [{ role: "operator", site: null }] }, ["north", "south"])).toEqual({
      kind: "sites",
      roles: { north: "operator", south: "operator" },
    });
    expect(isBlind(accessOf({ memberships: [] }, ["north"]))).toBe(true);
  });
});

describe("a change of access", () => {
  it("gives and takes in as few requests as there are roles to give", () => {
    const after: Access = { kind: "sites", roles: { south: "operator", west: "operator", east: "guard" } };
    expect(changesBetween(guard, after)).toEqual([
      { role: "operator", give: ["south", "west"], take: ["north"] },
      { role: "guard", give: ["east"] },
    ]);
  });

  it("only takes where nothing is given", () => {
    expect(changesBetween(guard, { kind: "sites", roles: {} })).toEqual([{ take: ["north"] }]);
  });

  it("makes an admin by the role alone, and the reverse by sites", () => {
    expect(changesBetween(guard, { kind: "admin" })).toEqual([{ role: "admin" }]);
    expect(changesBetween({ kind: "admin" }, guard)).toEqual([{ role: "guard", give: ["north"] }]);
  });

  it("is none where all is as it was", () => {
    expect(changesBetween(guard, { kind: "sites", roles: { north: "guard" } })).toEqual([]);
    expect(changesBetween({ kind: "admin" }, { kind: "admin" })).toEqual([]);
  });
});
