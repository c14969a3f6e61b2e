import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { lanes as lanesQuery } from "../api/lanes";
import type { Lane } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { ModeDialog } from "../modes/ModeDialog";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TableFrame } from "../ui/TableFrame";
import { CELL } from "../ui/tableCells";
import { LaneDialog } from "./LaneDialog";
import { LaneReadings } from "./LaneReadings";
import { NewLaneDialog } from "./NewLaneDialog";

const route = getRouteApi("/settings/lanes");

/** The lanes of the site that is shown: made, named, turned round. */
export function LanesSettings() {
  const { settings, ...messages } = useMessages();
  const { site } = useSite();
  const { lane: open } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(lanesQuery(site.id));
  const [moved, setMoved] = useState<Lane | null>(null);
  const show = (lane: string | null) =>
    void navigate({ search: ({ lane: _before, ...rest }) => (lane ? { ...rest, lane } : rest), resetScroll: false });
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  const lane = data.find(({ code }) => code === open);
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-soft">{settings.lanes.hint(site.name)}</p>
        <Button look="main" onClick={() => show("new")}>
          <Plus aria-hidden size={18} />
          {settings.lanes.add}
        </Button>
      </div>
      {data.length === 0 ? (
        <EmptyState title={messages.lanes.noLanes}>{settings.lanes.noneHint}</EmptyState>
      ) : (
        <LaneTable lanes={data} show={show} setMode={setMoved} />
      )}
      {open === "new" && <NewLaneDialog close={() => show(null)} />}
      {moved && <ModeDialog lane={moved} close={() => setMoved(null)} />}
      {lane && <LaneDialog key={lane.id} id={lane.id} close={() => show(null)} />}
    </>
  );
}

interface TableProps {
  lanes: readonly Lane[];
  show: (code: string) => void;
  setMode: (lane: Lane) => void;
}

function LaneTable({ lanes, show, setMode }: TableProps) {
  const { settings, direction, modes, ...messages } = useMessages();
  const heads = [settings.lanes.name, settings.lanes.code, settings.lanes.direction, modes.button, settings.lanes.device, messages.readings.title];
  return (
    <TableFrame label={settings.lanes.title}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {heads.map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane) => (
            <tr
              key={lane.id}
              data-lane-row={lane.code}
              className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
            >
              <td className={CELL}>
                <button type="button" onClick={() => show(lane.code)} className="text-left font-medium text-accent after:absolute after:inset-0">
                  {lane.name || lane.code}
                </button>
              </td>
              <td className={`${CELL} font-plate text-small`}>{lane.code}</td>
              <td className={CELL}>{direction[lane.direction]}</td>
              <td className={CELL}>
                <Button className="relative" onClick={() => setMode(lane)} aria-label={`${modes.names[lane.wanted.mode]}: ${modes.title(lane.name || lane.code)}`}>
                  {modes.names[lane.wanted.mode]}
                </Button>
              </td>
              <td className={CELL}>
                {lane.device ? (
                  <>
                    <span className="font-plate text-small">{lane.device.code}</span>{" "}
                    <span className="text-small text-soft">{lane.device.connected ? messages.lanes.connected : messages.lanes.gone}</span>
                  </>
                ) : (
                  <span className="text-soft">{messages.lanes.noDevice}</span>
                )}
              </td>
              <td className={CELL}>
                <LaneReadings lane={lane.id} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
