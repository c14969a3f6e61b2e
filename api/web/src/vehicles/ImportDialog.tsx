import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { importVehicles, tryImport, vehiclesKey } from "../api/vehicles";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { saveFile } from "../ui/saveFile";
import { toasts } from "../ui/toastManager";
import { ImportReportView } from "./ImportReportView";

const EXAMPLE = "plate,country,vehicle_type,contact_name,phone,owner,notes\r\nBA 123 AB,SK,car,Ann Novák,+421 900 123 456,Cold Store Ltd,\r\n";

/** Takes vehicles over from a file: chosen, tried line by line, and only then taken over. */
export function ImportDialog({ close }: { close: () => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const trial = useMutation({ mutationFn: (chosen: File) => tryImport(site.id, chosen) });
  const importing = useMutation({
    mutationFn: (chosen: File) => importVehicles(site.id, chosen),
    onSuccess: ({ created, changed }) => {
      toasts.add({ title: vehicles.imported(created, changed) });
      void queries.invalidateQueries({ queryKey: vehiclesKey });
      close();
    },
  });
  const choose = (chosen: File | undefined) => {
    setFile(chosen ?? null);
    trial.reset();
    importing.reset();
    if (chosen) trial.mutate(chosen);
  };
  const report = trial.data;
  const isNothing = !report || report.created + report.changed === 0;
  return (
    <Modal title={vehicles.import} description={vehicles.importHint} isOpen close={close}>
      <div className="grid gap-4" data-import={report ? "tried" : "open"}>
        <label className="grid gap-1">
          <span className="font-medium">{vehicles.file}</span>
          <input
            type="file"
            accept=".csv,.txt,text/csv"
            onChange={(event) => {
              choose(event.target.files?.[0]);
              // The same file, corrected, is chosen again.
              event.target.value = "";
            }}
            className="min-h-11 w-full rounded-control border border-strong-line bg-card p-2 file:mr-3 file:rounded-control file:border-0 file:bg-raised file:px-3 file:py-1 file:font-medium"
          />
          <span className="text-small text-soft">{file ? file.name : vehicles.fileHint}</span>
        </label>
        {!file && (
          <div>
            <Button onClick={() => saveFile("vehicles.csv", "text/csv;charset=utf-8", `\u{feff}${EXAMPLE}`)}>{vehicles.example}</Button>
          </div>
        )}
        {trial.isPending && <p role="status">{vehicles.reading}</p>}
        <FormProblem error={trial.error ?? importing.error} />
        {report && file && <ImportReportView report={report} file={file} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button look="main" disabled={isNothing || importing.isPending} onClick={() => file && importing.mutate(file)}>
            {importing.isPending ? vehicles.importing : vehicles.takeOver(report ? report.created + report.changed : 0)}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
