import type { VehicleType } from "../api/schema.gen";
import { VEHICLE_TYPES } from "../api/vehicles";

export function isVehicleType(word: unknown): word is VehicleType {
  return VEHICLE_TYPES.some((one) => one === word);
}
