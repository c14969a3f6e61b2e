import type { Vehicle, VehicleChange, VehicleType } from "../api/schema.gen";

/** What people know of a vehicle, as they type it. */
export interface VehicleDraft extends Readonly<Record<string, string>> {
  plate: string;
  country: string;
  vehicle_type: string;
  contact_name: string;
  phone: string;
  owner: string;
  notes: string;
}

export const EMPTY_VEHICLE: VehicleDraft = {
  plate: "",
  country: "",
  vehicle_type: "",
  contact_name: "",
  phone: "",
  owner: "",
  notes: "",
};

export function draftOf(vehicle: Vehicle): VehicleDraft {
  return {
    plate: vehicle.plate_typed,
    country: vehicle.country ?? "",
    vehicle_type: vehicle.vehicle_type ?? "",
    contact_name: vehicle.contact_name,
    phone: vehicle.phone,
    owner: vehicle.owner,
    notes: vehicle.notes,
  };
}

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
