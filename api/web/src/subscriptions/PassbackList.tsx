import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { may } from "../api/session";
import { passback as passbackQuery, resetPassback } from "../api/subscriptions";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { ProblemPanel } from "../ui/ProblemPanel";
import { SearchField } from "../ui/SearchField";
import { TableFrame } from "../ui/TableFrame";
import { TextField } from "../ui/TextField";
import { CELL } from "../ui/tableCells";
import { toasts } from "../ui/toastManager";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

const route = getRouteApi("/subscriptions");

/** Plates that are inside, and letting one or all of them in once more. */
export function PassbackList() {
  const { passback, subscriptions, ...messages } = useMessages();
  const { site } = useSite();
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  // Null: everybody.
  const [asked, setAsked] = useState<{ plate: string | null } | null>(null);
  const query = useInfiniteQuery({ ...passbackQuery(site.id, q), placeholderData: keepPreviousData });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = may(site, "subscriptions:write");
  const find = (text: string) => void navigate({ search: ({ q: _before, ...rest }) => (text ? { ...rest, q: text } : rest), replace: true });
  return (
    <>
      <p className="text-soft">{passback.hint}</p>
      <div className="flex flex-wrap items-end gap-3">
        <SearchField label={subscriptions.find} hint={passback.plate} text={q} search={find} />
        {mayWrite && rows.length > 0 && (
          <Button look="danger" className="ml-auto" onClick={() => setAsked({ plate: null })}>
            {passback.resetAll}
          </Button>
        )}
      </div>
      {query.error && !query.data && <ProblemPanel error={query.error} retry={() => void query.refetch()} />}
      {query.data && rows.length === 0 && <EmptyState title={passback.none}>{passback.noneHint}</EmptyState>}
      {rows.length > 0 && (
        <TableFrame label={subscriptions.views.passback}>
          <table className="w-full border-collapse">
            <thead>
              <tr className="h-11 border-b border-line text-small text-soft">
                {[passback.plate, passback.since, passback.holder, passback.state].map((head) => (
                  <th key={head} className={`${CELL} font-semibold`}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id} data-inside={row.plate} className="h-(--row) border-b border-line last:border-0">
                  <td className={CELL}>
                    <Plate text={row.plate} />
                  </td>
                  <td className={CELL}>
                    <Time at={row.entered_at} />
                  </td>
                  <td className={`${CELL} wrap-anywhere`}>{row.holder}</td>
                  <td className={CELL}>
                    {row.reset ? (
                      <Badge tone="warn">{passback.once}</Badge>
                    ) : mayWrite ? (
                      <Button aria-label={`${passback.reset}: ${row.plate}`} onClick={() => setAsked({ plate: row.plate })}>
                        {passback.reset}
                      </Button>
                    ) : (
                      passback.not
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
      {query.hasNextPage && (
        <div>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {messages.more}
          </Button>
        </div>
      )}
      {asked && <ResetDialog plate={asked.plate} close={() => setAsked(null)} />}
    </>
  );
}

function ResetDialog({ plate, close }: { plate: string | null; close: () => void }) {
  const { passback, ...messages } = useMessages();
  const { site } = useSite();
  const [reason, setReason] = useState("");
  const again = useSubscriptionsChanged();
  const resetting = useMutation({
    mutationFn: () => resetPassback(site.id, plate, reason.trim()),
    onSuccess: (plates) => {
      toasts.add({ title: passback.done(plates) });
      close();
    },
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!resetting.isPending) resetting.mutate();
  };
  const title = plate === null ? passback.resetAll : passback.resetTitle(plate);
  return (
    <Modal title={title} description={plate === null ? passback.resetAllHint : passback.hint} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={passback.reason} value={reason} change={setReason} maxLength={300} autoComplete="off" required />
        <FormProblem error={resetting.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="danger" disabled={resetting.isPending}>
            {passback.reset}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
