import { describe, expect, it } from "vitest";
import type { Stay } from "../api/schema.gen";
import { staysCsv } from "./staysCsv";

const stay: Stay = {
  id: "s1",
  plate: "WU123AB",
  status: "closed",
  entered_at: "2026-11-30T10:00:00Z",
  entry_lane: "in-1",
  exited_at: "2026-11-30T11:00:00Z",
  exit_lane: "out-1",
  charged: { minor: 250, currency: "EUR" },
  paid: { minor: 250, currency: "EUR" },
  note: "",
};

describe("the file of stays", () => {
  it("has a head and a line for each", () => {
    expect(staysCsv([stay])).toBe(
      "id,plate,state,entered_at,entry_lane,exited_at,exit_lane,charged,paid,note\r\n" +
        "s1,WU123AB,closed,2026-11-30T10:00:00Z,in-1,2026-11-30T11:00:00Z,out-1,2.50 EUR,2.50 EUR,\r\n",
    );
  });

  it("keeps commas, quotes and lines together, and runs no formula", () => {
    const lines = staysCsv([{ ...stay, plate: null, note: 'said "no", left' }, { ...stay, note: "=1+1" }]).split("\r\n");
    expect(lines[1]).toMatch(/,"said ""no"", left"$/);
    expect(lines[1]).toMatch(/^s1,,closed/);
    expect(lines[2]).toMatch(/,'=1\+1$/);
  });
});
