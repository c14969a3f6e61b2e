import { CircleAlert } from "lucide-react";
import type { ImportReport } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { saveFile } from "../ui/saveFile";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";
import { linesOf } from "./linesOf";

/** What an import would do: in numbers, then line by line, faults first. */
export function ImportReportView({ report, file }: { report: ImportReport; file: File }) {
  const { vehicles } = useMessages();
  const saveFaulty = async () => {
    const wanted = new Set(report.faults.map(({ line }) => line));
    saveFile(`${vehicles.faultyFile}.csv`, "text/csv;charset=utf-8", linesOf(await file.text(), wanted));
  };
  const numbers = [
    [vehicles.outcomes.created, report.created],
    [vehicles.outcomes.changed, report.changed],
    [vehicles.outcomes.unchanged, report.unchanged],
    [vehicles.faulty, report.faulty],
  ] as const;
  return (
    <div className="grid gap-3">
      <dl className="grid grid-cols-4 gap-2 text-center">
        {numbers.map(([name, count]) => (
          <div key={name} className="rounded-control border border-line p-2">
            <dd className="text-large font-semibold tabular-nums">{count}</dd>
            <dt className="text-small text-soft">{name}</dt>
          </div>
        ))}
      </dl>
      {report.faults.length > 0 && (
        <>
          <div className="flex flex-wrap items-center gap-2 text-deny">
            <CircleAlert aria-hidden size={18} />
            <span className="mr-auto font-medium">{vehicles.faultyHint(report.faulty)}</span>
            <Button onClick={() => void saveFaulty()}>{vehicles.saveFaulty}</Button>
          </div>
          <TableFrame label={vehicles.faulty}>
            <table className="w-full border-collapse text-small" data-faults={report.faults.length}>
              <tbody>
                {report.faults.slice(0, 200).map(({ line, column, message }) => (
                  <tr key={`${line} ${column} ${message}`} className="border-b border-line last:border-0">
                    <td className={`${FIGURES} tabular-nums`}>{line}</td>
                    <td className={`${CELL} font-medium`}>{column}</td>
                    <td className={CELL}>{message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableFrame>
        </>
      )}
      {report.outcomes.length > 0 && (
        <details>
          <summary className="min-h-11 cursor-pointer content-center font-medium">{vehicles.lineByLine}</summary>
          <TableFrame label={vehicles.lineByLine}>
            <table className="w-full border-collapse text-small">
              <tbody>
                {report.outcomes.map(({ line, plate, outcome }) => (
                  <tr key={line} className="border-b border-line last:border-0">
                    <td className={`${FIGURES} tabular-nums`}>{line}</td>
                    <td className={CELL}>{plate}</td>
                    <td className={CELL}>{vehicles.outcomes[outcome]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableFrame>
        </details>
      )}
    </div>
  );
}
