import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, FileUp, History, Plus } from "lucide-react";
import { may } from "../api/session";
import { VEHICLE_TYPES, exportAddress, vehicles as vehiclesQuery } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { ImportDialog } from "./ImportDialog";
import { ImportsDialog } from "./ImportsDialog";
import { NewVehicleDialog } from "./NewVehicleDialog";
import { VehicleDialog } from "./VehicleDialog";
import { VehiclesTable } from "./VehiclesTable";
import { useVehicleSearch } from "./useVehicleSearch";
import { isVehicleType } from "./vehicleType";

const route = getRouteApi("/vehicles");

/** Whose vehicles come here: found while one types, kept one by one or by a file. */
export function VehiclesScreen() {
  const messages = useMessages();
  const { vehicles } = messages;
  const { site } = useSite();
  const { q = "", country = "", type, vehicle: open } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = may(site, "vehicles:write");
  const set = (changes: Record<string, string | undefined>) =>
    void navigate({
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value)),
      replace: true,
      resetScroll: false,
    });
  const show = (vehicle: string | undefined) => set({ vehicle });
  return (
    <section className="mx-auto grid max-w-6xl gap-3">
      <title>{`${messages.screens.vehicles} · ${site.name}`}</title>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-auto w-full text-title leading-11 font-semibold tablet:w-auto">{messages.screens.vehicles}</h1>
        {mayWrite && (
          <>
            <Button onClick={() => show("imports")}>
              <History aria-hidden size={18} />
              {vehicles.imports}
            </Button>
            <Button onClick={() => show("import")}>
              <FileUp aria-hidden size={18} />
              {vehicles.import}
            </Button>
            <Button look="main" onClick={() => show("new")}>
              <Plus aria-hidden size={18} />
              {vehicles.add}
            </Button>
          </>
        )}
      </div>
      <div className="flex flex-wrap items-start gap-3">
        <TextField
          label={vehicles.find}
          hint={vehicles.findHint}
          type="search"
          value={q}
          change={(text) => set({ q: text })}
          maxLength={100}
          autoComplete="off"
          className="w-full tablet:w-96"
          data-search
        />
        {!q && (
          <>
            <TextField
              label={vehicles.country}
              value={country}
              change={(text) => set({ country: text.toUpperCase().slice(0, 2) })}
              autoComplete="off"
              className="w-24"
            />
            <SelectField
              label={vehicles.type}
              value={type ?? ""}
              change={(word) => set({ type: isVehicleType(word) ? word : undefined })}
              className="w-48"
            >
              <option value="">{vehicles.anyType}</option>
              {VEHICLE_TYPES.map((one) => (
                <option key={one} value={one}>
                  {vehicles.types[one]}
                </option>
              ))}
            </SelectField>
          </>
        )}
      </div>
      {q ? (
        <FoundVehicles key={site.id} q={q} show={show} />
      ) : (
        <AllVehicles country={country} type={isVehicleType(type) ? type : null} show={show} />
      )}
      {open === "new" && <NewVehicleDialog close={() => show(undefined)} />}
      {open === "import" && <ImportDialog close={() => show(undefined)} />}
      {open === "imports" && <ImportsDialog close={() => show(undefined)} />}
      {open && !["new", "import", "imports"].includes(open) && (
        <VehicleDialog key={open} plate={open} close={() => show(undefined)} />
      )}
    </section>
  );
}

function FoundVehicles({ q, show }: { q: string; show: (plate: string) => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const { found, error } = useVehicleSearch(site.id, q);
  if (error) return <ProblemPanel error={error} />;
  if (!found) return <p className="text-soft">{messages.loading}</p>;
  return (
    <div aria-busy={found.q !== q} data-found={found.q} className="grid gap-2">
      {found.items.length > 0 ? (
        <VehiclesTable vehicles={found.items} show={show} />
      ) : (
        <EmptyState title={vehicles.none}>{vehicles.noneHint}</EmptyState>
      )}
      <p role="status" className="text-small text-soft">
        {found.more ? vehicles.more : found.items.length > 0 && vehicles.count(found.items.length)}
      </p>
    </div>
  );
}

interface AllProps {
  country: string;
  type: Parameters<typeof vehiclesQuery>[0]["type"];
  show: (plate: string) => void;
}

function AllVehicles({ country, type, show }: AllProps) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const filter = { site: site.id, country, type };
  const query = useInfiniteQuery({ ...vehiclesQuery(filter), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.error && !query.data) return <ProblemPanel error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <p className="text-soft">{messages.loading}</p>;
  if (rows.length === 0) {
    const isFiltered = country !== "" || type !== null;
    return <EmptyState title={isFiltered ? vehicles.none : vehicles.empty}>{isFiltered ? vehicles.noneHint : vehicles.emptyHint}</EmptyState>;
  }
  return (
    <div className="grid gap-3" aria-busy={query.isPlaceholderData}>
      <VehiclesTable vehicles={rows} show={show} />
      <div className="flex flex-wrap items-center gap-3 text-small text-soft">
        <span role="status">{vehicles.count(rows.length)}</span>
        {query.hasNextPage && (
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-x-4">
          <Download aria-hidden size={18} />
          {(["comma", "semicolon"] as const).map((separator) => (
            <a
              key={separator}
              href={exportAddress(filter, separator)}
              download
              className="inline-flex min-h-11 items-center font-medium text-accent underline"
            >
              {vehicles.export[separator]}
            </a>
          ))}
        </span>
      </div>
    </div>
  );
}
