import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { TicketPercent } from "lucide-react";
import { useState } from "react";
import type { CodeState, ValidationCode } from "../api/schema.gen";
import { cancelCode, validationCodes, validationsKey } from "../api/validations";
import { Time } from "../clock/Time";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";
import { toasts } from "../ui/toastManager";
import { NewCodeDialog } from "./NewCodeDialog";
import { useBenefitText } from "./useBenefitText";

/** Codes that take something off: made, seen, ended. */
export function ValidationsTab() {
  const { validations, ...messages } = useMessages();
  const { site } = useSite();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(validationCodes(site.id));
  const [isOpen, setIsOpen] = useState(false);
  const [ending, setEnding] = useState<ValidationCode | null>(null);
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  const codes = data.pages.flatMap(({ items }) => items);
  return (
    <section className="grid grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-soft">{validations.hint}</p>
        <Button look="main" onClick={() => setIsOpen(true)}>
          <TicketPercent aria-hidden size={18} />
          {validations.newCode}
        </Button>
      </div>
      {codes.length === 0 ? (
        <EmptyState title={validations.none}>{validations.noneHint}</EmptyState>
      ) : (
        <CodeTable codes={codes} end={setEnding} />
      )}
      {hasNextPage && (
        <Button className="w-fit justify-self-center" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {validations.more}
        </Button>
      )}
      {isOpen && <NewCodeDialog close={() => setIsOpen(false)} />}
      {ending && <CancelCode code={ending} close={() => setEnding(null)} />}
    </section>
  );
}

const TONES = { good: "good", upcoming: "plain", expired: "plain", used_up: "plain", cancelled: "bad" } as const satisfies Record<CodeState, string>;

function CodeTable({ codes, end }: { codes: readonly ValidationCode[]; end: (code: ValidationCode) => void }) {
  const { validations, tariffs } = useMessages();
  const benefitText = useBenefitText();
  const money = useMoney();
  const { site } = useSite();
  const heads = [validations.code, validations.kind, validations.uses, validations.validUntil, validations.state];
  return (
    <TableFrame label={tariffs.tabs.validations}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {heads.map((head) => (
              <th key={head} className={`${head === validations.uses ? FIGURES : CELL} font-semibold`}>
                {head}
              </th>
            ))}
            <th className={CELL}>
              <span className="sr-only">{validations.cancel}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {codes.map((code) => (
            <tr key={code.id} className="h-(--row) border-b border-line last:border-0 hover:bg-raised" data-code={code.code}>
              <td className={CELL}>
                <span className="font-plate font-semibold">{code.code}</span>
                <p className="text-small wrap-anywhere text-soft">{`${code.label}, ${validations.madeBy(code.created_by)}`}</p>
              </td>
              <td className={CELL}>
                {benefitText(code.benefit, site.currency)}
                {code.most_off && <p className="text-small text-soft">{validations.atMost(money(code.most_off))}</p>}
              </td>
              <td className={`${FIGURES} tabular-nums`}>{validations.usesOf(code.uses, code.max_uses ?? null)}</td>
              <td className={CELL}>{code.valid_until ? <Time at={code.valid_until} /> : "–"}</td>
              <td className={CELL}>
                <Badge tone={TONES[code.state]}>{validations.states[code.state]}</Badge>
              </td>
              <td className={CELL}>
                {code.state !== "cancelled" && (
                  <Button look="quiet" aria-label={validations.cancelOf(code.code)} onClick={() => end(code)}>
                    {validations.cancel}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function CancelCode({ code, close }: { code: ValidationCode; close: () => void }) {
  const { validations } = useMessages();
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: () => cancelCode(code.id),
    onSuccess: () => {
      toasts.add({ title: validations.cancelled(code.code) });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: validationsKey }),
  });
  return (
    <ConfirmDialog
      title={validations.cancelTitle(code.code)}
      action={validations.cancel}
      isPending={ending.isPending}
      error={ending.error}
      confirm={() => ending.mutate()}
      close={close}
    >
      <p>{validations.cancelText}</p>
    </ConfirmDialog>
  );
}
