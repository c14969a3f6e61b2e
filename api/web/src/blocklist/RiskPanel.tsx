import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { listRisk } from "../api/blocklist";
import type { ListRisk, RuleRisk } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useCatalogue, useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Badge } from "../ui/Badge";
import { Panel } from "../ui/Panel";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL, FIGURES } from "../ui/tableCells";

/** "1 in N strangers": what the lists mean as they stand, and listed plates that fall together. */
export function RiskPanel() {
  const { blocklist, ...messages } = useMessages();
  const { site } = useSite();
  const { data, error, refetch } = useQuery(listRisk(site.id));
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  return (
    <>
      <p className="text-soft">{blocklist.riskHint(data.blocked, data.rights)}</p>
      <FallingTogether groups={data.together} />
      <RiskTable risk={data} />
      <p className="max-w-prose">{blocklist.riskMeaning}</p>
      <p className="max-w-prose text-small text-soft">{blocklist.strangers(data.countries.join(", "))}</p>
    </>
  );
}

function FallingTogether({ groups }: { groups: ListRisk["together"] }) {
  const { blocklist } = useMessages();
  if (groups.length === 0) return <p>{blocklist.togetherNone}</p>;
  return (
    <Panel title={blocklist.together} aside={<TriangleAlert aria-hidden size={20} className="text-charge" />}>
      <p className="mb-3 text-soft">{blocklist.togetherHint}</p>
      <ul className="grid gap-2" data-together>
        {groups.map((group) => (
          <li key={group.join(" ")} className="flex flex-wrap gap-2">
            {group.map((plate) => (
              <Plate key={plate} text={plate} />
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function RiskTable({ risk }: { risk: ListRisk }) {
  const { blocklist } = useMessages();
  return (
    <TableFrame label={blocklist.views.risk}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            <th className={`${CELL} font-semibold`}>{blocklist.rule}</th>
            <th className={`${FIGURES} font-semibold`}>{blocklist.passes}</th>
            <th className={`${FIGURES} font-semibold`}>{blocklist.stopped}</th>
          </tr>
        </thead>
        <tbody>
          {risk.rules.map((rule) => (
            <RiskRow key={rule.rule} rule={rule} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function RiskRow({ rule }: { rule: RuleRisk }) {
  const { blocklist } = useMessages();
  const { language } = useCatalogue();
  const said = (figure: number | null | undefined) =>
    figure ? blocklist.oneIn(new Intl.NumberFormat(language).format(figure)) : blocklist.noStranger;
  const isUsed = rule.used_for_rights || rule.used_for_blocks;
  return (
    <tr className={`h-(--row) border-b border-line last:border-0 ${isUsed ? "" : "text-soft"}`} data-rule={rule.rule}>
      <td className={CELL}>
        {blocklist.rules[rule.rule]} {rule.used_for_rights && <Badge tone="good">{blocklist.forRights}</Badge>}
        {rule.used_for_blocks && <Badge tone="good">{blocklist.forBlocks}</Badge>}
        {!isUsed && <Badge>{blocklist.notHere}</Badge>}
      </td>
      <td className={`${FIGURES} tabular-nums`}>{said(rule.one_in_passes)}</td>
      <td className={`${FIGURES} tabular-nums`}>{said(rule.one_in_stopped)}</td>
    </tr>
  );
}
