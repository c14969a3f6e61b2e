import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Versioned, answered, client, newKey, versioned } from "./client";
import type {
  FoundVehicles,
  ImportReport,
  ImportUndone,
  NewVehicle,
  PageStay,
  Vehicle,
  VehicleChange,
  VehicleImport,
  VehicleType,
} from "./schema.gen";

export const VEHICLE_TYPES = ["car", "motorcycle", "van", "truck", "bus"] as const satisfies readonly VehicleType[];

export const vehiclesKey = ["vehicles"] as const;

export interface VehicleFilter {
  site: string;
  country: string;
  type: VehicleType | null;
}

const PAGE = 50;

/** A file of many vehicles takes a while to send and to read. */
const FILE_TIMEOUT = 300_000;

/** Vehicles by plate. */
export function vehicles({ site, country, type }: VehicleFilter) {
  return infiniteQueryOptions({
    queryKey: [...vehiclesKey, "list", site, country, type],
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        site,
        limit: PAGE,
        ...(/^[A-Z]{2}$/.test(country) ? { country } : {}),
        ...(type ? { vehicle_type: type } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      };
      return answered(client.GET("/api/v1/vehicles", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** Where the live search cannot be had. */
export async function searchVehicles(site: string, q: string, signal: AbortSignal): Promise<FoundVehicles> {
  return answered(client.GET("/api/v1/vehicles/search", { params: { query: { site, q, limit: 20 } }, signal }), signal);
}

export function oneVehicle(site: string, plate: string) {
  return queryOptions({ queryKey: [...vehiclesKey, "one", site, plate], queryFn: () => fetchVehicle(site, plate) });
}

export async function fetchVehicle(site: string, plate: string): Promise<Versioned<Vehicle>> {
  return versioned(client.GET("/api/v1/vehicles/{plate}", { params: { path: { plate }, query: { site } } }));
}

export async function addVehicle(body: NewVehicle): Promise<Vehicle> {
  return answered(client.POST("/api/v1/vehicles", { params: { header: newKey() }, body }));
}

export async function changeVehicle(site: string, plate: string, etag: string, body: VehicleChange): Promise<Versioned<Vehicle>> {
  const params = { path: { plate }, query: { site }, header: { "If-Match": etag } };
  return versioned(client.PATCH("/api/v1/vehicles/{plate}", { params, body }));
}

export async function removeVehicle(site: string, plate: string): Promise<void> {
  await answered(client.DELETE("/api/v1/vehicles/{plate}", { params: { path: { plate }, query: { site } } }));
}

/** Where and when it came and went; the server notes who looked, and why. */
export function vehicleStays(site: string, plate: string, reason: string) {
  return queryOptions({
    queryKey: [...vehiclesKey, "stays", site, plate, reason],
    queryFn: ({ signal }): Promise<PageStay> =>
      answered(
        client.GET("/api/v1/vehicles/{plate}/stays", { params: { path: { plate }, query: { site, reason, limit: 100 } }, signal }),
        signal,
      ),
    // Each look is one line in the audit.
    staleTime: Infinity,
    retry: false,
  });
}

function fileRequest(site: string, file: File) {
  return {
    body: "",
    bodySerializer: () => file,
    headers: { "Content-Type": "text/csv" },
    signal: AbortSignal.timeout(FILE_TIMEOUT),
    params: { query: { site, file_name: file.name } },
  };
}

/** What an import would do. */
export async function tryImport(site: string, file: File): Promise<ImportReport> {
  return answered(client.POST("/api/v1/vehicles/import/trial", fileRequest(site, file)));
}

export async function importVehicles(site: string, file: File): Promise<ImportReport> {
  const { params, ...request } = fileRequest(site, file);
  return answered(client.POST("/api/v1/vehicles/import", { ...request, params: { ...params, header: newKey() } }));
}

export function vehicleImports(site: string) {
  return queryOptions({
    queryKey: [...vehiclesKey, "imports", site],
    queryFn: async ({ signal }): Promise<VehicleImport[]> =>
      (await answered(client.GET("/api/v1/vehicles/imports", { params: { query: { site, limit: 50 } }, signal }), signal)).items,
  });
}

export async function undoImport(site: string, id: string): Promise<ImportUndone> {
  const params = { path: { id }, query: { site }, header: newKey() };
  return answered(client.POST("/api/v1/vehicles/imports/{id}/undo", { params }));
}

/** The address of the file, for a link. */
export function exportAddress({ site, country, type }: VehicleFilter, separator: "comma" | "semicolon"): string {
  const query = new URLSearchParams({ site, separator });
  if (/^[A-Z]{2}$/.test(country)) query.set("country", country);
  if (type) query.set("vehicle_type", type);
  return `/api/v1/vehicles/export?${query.toString()}`;
}
