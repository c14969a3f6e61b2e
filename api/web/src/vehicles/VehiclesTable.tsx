import { memo } from "react";
import type { Vehicle } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { TableFrame } from "../ui/TableFrame";
import { CELL } from "../ui/tableCells";

/** One vehicle a row; the plate leads to it. On a phone owner and type give way. */
export function VehiclesTable({ vehicles, show }: { vehicles: readonly Vehicle[]; show: (plate: string) => void }) {
  const { vehicles: texts, screens } = useMessages();
  return (
    <TableFrame label={screens.vehicles}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            <th className={`${CELL} font-semibold`}>{texts.plate}</th>
            <th className={`${CELL} font-semibold`}>{texts.contact}</th>
            <th className={`${CELL} hidden font-semibold tablet:table-cell`}>{texts.owner}</th>
            <th className={`${CELL} hidden font-semibold tablet:table-cell`}>{texts.type}</th>
          </tr>
        </thead>
        <tbody>
          {vehicles.map((vehicle) => (
            <VehicleRow key={vehicle.id} vehicle={vehicle} show={show} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

const VehicleRow = memo(function VehicleRow({ vehicle, show }: { vehicle: Vehicle; show: (plate: string) => void }) {
  const { vehicles: texts } = useMessages();
  return (
    <tr className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground">
      <td className={CELL}>
        <button type="button" onClick={() => show(vehicle.plate)} className="after:absolute after:inset-0" data-vehicle={vehicle.plate}>
          <Plate text={vehicle.plate_typed} />
        </button>
        {vehicle.country && <span className="ml-2 text-small text-soft">{vehicle.country}</span>}
      </td>
      <td className={CELL}>
        <span className="wrap-anywhere">{vehicle.contact_name}</span>
        {vehicle.phone && <p className="text-small whitespace-nowrap text-soft tabular-nums">{vehicle.phone}</p>}
      </td>
      <td className={`${CELL} hidden wrap-anywhere tablet:table-cell`}>{vehicle.owner}</td>
      <td className={`${CELL} hidden tablet:table-cell`}>{vehicle.vehicle_type && texts.types[vehicle.vehicle_type]}</td>
    </tr>
  );
});
