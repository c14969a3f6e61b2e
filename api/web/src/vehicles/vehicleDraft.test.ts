import { describe, expect, it } from "vitest";
import { EMPTY_VEHICLE, bodyOf, changeOf } from "./vehicleDraft";

describe("a vehicle on its way to the server", () => {
  it("says what is not known as null", () => {
    expect(bodyOf({ ...EMPTY_VEHICLE, plate: "BA 1" })).toMatchObject({ plate: "BA 1", country: null, vehicle_type: null, owner: "" });
  });

  it("holds only what changed", () => {
    expect(changeOf({ country: "", phone: "1" })).toEqual({ country: null, phone: "1" });
    expect(changeOf({ vehicle_type: "van" })).toEqual({ vehicle_type: "van" });
  });
});
