import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { PlanView } from "../api/schema.gen";
import { may } from "../api/session";
import { plans as plansQuery } from "../api/subscriptions";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { CheckField } from "../ui/CheckField";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";
import { PlanDialog } from "./PlanDialog";

/** What is sold. */
export function PlanList() {
  const { plans, ...messages } = useMessages();
  const { site } = useSite();
  const [isWhole, setWhole] = useState(false);
  const [open, setOpen] = useState<PlanView | "new" | null>(null);
  const { data, error, refetch } = useQuery(plansQuery(site.id, isWhole));
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  return (
    <>
      <p className="text-soft">{plans.hint}</p>
      <div className="flex flex-wrap items-center gap-3">
        <CheckField isChecked={isWhole} change={setWhole}>
          {plans.showRetired}
        </CheckField>
        {may(site, "subscriptions:write") && (
          <Button look="main" className="ml-auto" onClick={() => setOpen("new")}>
            <Plus aria-hidden size={18} />
            {plans.add}
          </Button>
        )}
      </div>
      {data.length > 0 ? <PlanTable rows={data} show={setOpen} /> : <EmptyState title={plans.none}>{plans.noneHint}</EmptyState>}
      {open && <PlanDialog plan={open === "new" ? null : open} close={() => setOpen(null)} />}
    </>
  );
}

function PlanTable({ rows, show }: { rows: readonly PlanView[]; show: (plan: PlanView) => void }) {
  const { plans, subscriptions } = useMessages();
  const money = useMoney();
  return (
    <TableFrame label={subscriptions.views.plans}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            <th className={`${CELL} font-semibold`}>{plans.name}</th>
            <th className={`${FIGURES} font-semibold`}>{plans.price}</th>
            <th className={`${CELL} font-semibold`}>{plans.period}</th>
            <th className={`${CELL} font-semibold`}>{subscriptions.windows}</th>
            <th className={`${FIGURES} font-semibold`}>{plans.subscriptions}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((plan) => (
            <tr
              key={plan.id}
              data-plan={plan.name}
              className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
            >
              <td className={CELL}>
                <button type="button" onClick={() => show(plan)} className="text-left font-medium text-accent after:absolute after:inset-0">
                  {plan.name}
                </button>{" "}
                {plan.retired_at && <Badge>{plans.retired}</Badge>}
              </td>
              <td className={`${FIGURES} tabular-nums`}>{money(plan.price)}</td>
              <td className={CELL}>{plans.periods[plan.period]}</td>
              <td className={CELL}>
                {(plan.terms.windows ?? []).length === 0
                  ? subscriptions.anyTime
                  : (plan.terms.windows ?? []).map(({ days, from, to }) => `${days.map((day) => subscriptions.days[day]).join(" ")} ${from}–${to}`).join("; ")}
              </td>
              <td className={`${FIGURES} tabular-nums`}>{plan.subscriptions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
