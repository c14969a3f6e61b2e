import type { VehicleChange, VehicleType } from "../api/schema.gen";
import type { VehicleDraft } from "./VehicleFields";

/** A whole vehicle as the server takes it. */
export function bodyOf(draft: VehicleDraft) {
  const { plate, country, vehicle_type, contact_name, phone, owner, notes } = draft;
  return { plate, contact_name, phone, owner, notes, country: country || null, vehicle_type: (vehicle_type || null) as VehicleType | null };
}

/** Only what changed: an empty country or type is sent as "not known". */
export function changeOf(changes: Partial<VehicleDraft>): VehicleChange {
  const { country, vehicle_type, ...texts } = changes;
  return {
    ...texts,
    ...(country === undefined ? {} : { country: country || null }),
    ...(vehicle_type === undefined ? {} : { vehicle_type: (vehicle_type || null) as VehicleType | null }),
  };
}
