import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { undoImport, vehicleImports, vehiclesKey } from "../api/vehicles";
import type { VehicleImport } from "../api/schema.gen";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { toasts } from "../ui/toastManager";

/** Files that were taken over, each of which can be taken back. */
export function ImportsDialog({ close }: { close: () => void }) {
  const { vehicles, ...messages } = useMessages();
  const { site } = useSite();
  const { data, error } = useQuery(vehicleImports(site.id));
  return (
    <Modal title={vehicles.imports} description={vehicles.importsHint} isOpen close={close}>
      <FormProblem error={error} />
      {!data && !error && <p className="text-soft">{messages.loading}</p>}
      {data?.length === 0 && <EmptyState title={vehicles.noImports}>{vehicles.noImportsHint}</EmptyState>}
      <ul className="grid gap-3">
        {data?.map((one) => (
          <ImportRow key={one.id} one={one} />
        ))}
      </ul>
    </Modal>
  );
}

function ImportRow({ one }: { one: VehicleImport }) {
  const { vehicles } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const undoing = useMutation({
    mutationFn: () => undoImport(site.id, one.id),
    onSuccess: ({ removed, restored, kept }) => {
      toasts.add({ title: vehicles.undone(removed + restored, kept) });
      void queries.invalidateQueries({ queryKey: vehiclesKey });
    },
  });
  return (
    <li className="grid gap-1 rounded-control border border-line p-3" data-import-row={one.id}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="mr-auto font-medium wrap-anywhere">{one.file_name || vehicles.unnamed}</span>
        {one.can_be_undone && (
          <Button disabled={undoing.isPending} onClick={() => undoing.mutate()}>
            <Undo2 aria-hidden size={18} />
            {vehicles.undoImport}
          </Button>
        )}
      </div>
      <p className="text-small text-soft">
        <Time at={one.made_at} /> · {one.made_by} · {vehicles.importCounts(one.created, one.changed, one.faulty)}
      </p>
      {one.undone_at && (
        <p className="text-small text-soft">
          {vehicles.undoneBy(one.undone_by ?? "")} <Time at={one.undone_at} />
        </p>
      )}
      <FormProblem error={undoing.error} />
    </li>
  );
}
