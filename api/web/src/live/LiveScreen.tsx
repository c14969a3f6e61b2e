import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useCallback, useMemo } from "react";
import { lanes as lanesQuery } from "../api/lanes";
import type { Lane } from "../api/schema.gen";
import { may } from "../api/session";
import { useFeed, useIsConnected, useSite } from "../feed/SiteContext";
import { NOTHING } from "../feed/laneMemory";
import type { KeyAction } from "../frame/keymap";
import { useKeys } from "../frame/useKeys";
import { useMessages } from "../i18n/CatalogueContext";
import { HoldAllButtons } from "../modes/HoldAllButtons";
import { HoldAllRequests } from "../modes/HoldAllRequests";
import { StatsStrip } from "../occupancy/StatsStrip";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { deferred } from "../ui/deferred";
import { toasts } from "../ui/toastManager";
import { useIsBefore } from "../ui/useIsBefore";
import { Activity } from "./Activity";
import { AlarmStrip } from "./AlarmStrip";
import { LaneCard, type LaneCommands } from "./LaneCard";
import { reasonsOf } from "./ReasonChoice";
import { isPayable, laneView } from "./laneView";
import { useCandidates } from "./useCandidates";
import { useLaneCommands } from "./useLaneCommands";
import type { Look } from "./usePreview";
import { useUnreadSound } from "./useUnreadSound";

const NextSteps = lazy(async () => ({ default: (await import("./NextSteps")).NextSteps }));
const ModeDialog = deferred(async () => (await import("../modes/ModeDialog")).ModeDialog);
const OrderDialog = deferred(async () => (await import("./OrderDialog")).OrderDialog);
const TakePaymentDialog = deferred(async () => (await import("../money/TakePaymentDialog")).TakePaymentDialog);

const route = getRouteApi("/live");

/** Every lane of the site as it is now, and what happened. */
export function LiveScreen() {
  const messages = useMessages();
  const { site } = useSite();
  const navigate = useNavigate();
  const { data: lanes, error, refetch } = useQuery(lanesQuery(site.id));
  useUnreadSound(lanes);
  if (error && !lanes) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!lanes) return null;
  const isNew = may(site, "devices:manage") && lanes.length > 0 && lanes.every(({ device }) => !device?.connected && !device?.last_seen);
  return (
    <>
      <title>{`${messages.screens.live} · ${site.name}`}</title>
      <h1 className="sr-only">{messages.screens.live}</h1>
      <HoldAllRequests />
      <AlarmStrip show={(alarm) => void navigate({ to: "/alarms", search: { alarm } })} />
      <StatsStrip />
      {isNew && (
        <div className="mb-4">
          <Suspense>
            <NextSteps lanes={lanes} />
          </Suspense>
        </div>
      )}
      {lanes.length === 0 ? <NoLanes /> : <Desk lanes={lanes} />}
    </>
  );
}

function NoLanes() {
  const messages = useMessages();
  return (
    <EmptyState title={messages.lanes.noLanes}>
      <p>{messages.lanes.addLane}</p>
      <code className="mt-2 inline-block rounded-control bg-raised px-3 py-2 font-plate">boomgate device add</code>
    </EmptyState>
  );
}

function Desk({ lanes }: { lanes: Lane[] }) {
  const { lane: chosenCode } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = useCallback(
    (lane: Lane) => void navigate({ search: (before) => ({ ...before, lane: lane.code }), replace: true, resetScroll: false }),
    [navigate],
  );
  const { commands, asked, typed, look, order, payment, mode, send, closeAll } = useLaneCommands(choose);
  // Lanes are numbered as they stand on the screen: those in, then those out.
  const ordered = useMemo(() => lanes.toSorted((a, b) => a.direction.localeCompare(b.direction)), [lanes]);
  const chosen = ordered.find(({ code }) => code === chosenCode) ?? null;
  useLaneKeys({ lanes: ordered, chosen, asked, typed, commands });
  return (
    <div className="grid gap-4 desk:grid-cols-[minmax(0,1fr)_21rem] desk:items-start">
      <div className="grid min-w-0 gap-4 tablet:grid-cols-2">
        <LaneGroup direction="entry" lanes={ordered} chosen={chosen} asked={asked} typed={typed} look={look} commands={commands} />
        <LaneGroup direction="exit" lanes={ordered} chosen={chosen} asked={asked} typed={typed} look={look} commands={commands} />
      </div>
      <div className="grid max-h-[70dvh] min-h-0 grid-rows-[minmax(0,1fr)] desk:sticky desk:top-18 desk:max-h-[calc(100dvh-5.5rem)]">
        <Activity />
      </div>
      <Suspense>
        {order && (
          <OrderDialog
            action={order.action}
            lane={order.lane.name || order.lane.code}
            close={closeAll}
            order={(reason) => send(order, reason)}
          />
        )}
        {mode && <ModeDialog lane={mode} close={closeAll} />}
        {payment && <TakePaymentDialog {...payment} close={closeAll} />}
      </Suspense>
    </div>
  );
}

interface GroupProps {
  direction: Lane["direction"];
  lanes: readonly Lane[];
  chosen: Lane | null;
  /** Id of the lane whose card asks for a reason. */
  asked: string | null;
  typed: string;
  look: Look | null;
  commands: LaneCommands;
}

function LaneGroup({ direction, lanes, chosen, asked, typed, look, commands }: GroupProps) {
  const messages = useMessages();
  const own = lanes.filter((lane) => lane.direction === direction);
  if (own.length === 0) return null;
  return (
    <section aria-label={messages.direction[direction]} className="grid min-w-0 content-start gap-4">
      <h2 className="sr-only">{messages.direction[direction]}</h2>
      {own.map((lane) => (
        <LaneCard
          key={lane.id}
          lane={lane}
          number={lanes.indexOf(lane) + 1}
          isChosen={lane === chosen}
          isAsked={lane.id === asked}
          typed={typed}
          look={look?.lane === lane.id ? look : null}
          commands={commands}
        />
      ))}
      <HoldAllButtons direction={direction} />
    </section>
  );
}

interface KeysProps {
  lanes: readonly Lane[];
  chosen: Lane | null;
  asked: string | null;
  typed: string;
  commands: LaneCommands;
}

/** A digit and a letter open; other letters do the rest to the lane that was chosen. */
function useLaneKeys({ lanes, chosen, asked, typed, commands }: KeysProps): void {
  const messages = useMessages();
  const isLive = useIsConnected();
  const mayOrder = may(useSite().site, "lanes:operate");
  const memory = useFeed((view) => (chosen ? view.lanes.get(chosen.id) : undefined)) ?? NOTHING;
  const isBoomFresh = useIsBefore(memory.boom?.until ?? 0);
  const viewOf = (lane: Lane) => laneView(lane, memory, isBoomFresh);
  const askedLane = chosen?.id === asked ? chosen : null;
  const found = useCandidates(askedLane, askedLane && viewOf(askedLane), typed);
  /** While a card shows candidates, digits are theirs. */
  const confirm = (index: number) => {
    const candidate = found?.[index];
    if (!askedLane || !candidate || !isLive) return false;
    commands.pair(viewOf(askedLane), candidate);
    return true;
  };
  const choose = (lane: Lane | undefined) => {
    if (lane && isLive && mayOrder) commands.ask(lane);
    else if (lane) commands.choose(lane);
    return lane !== undefined;
  };
  const give = (index: number) => {
    const reason = reasonsOf(messages.order.presets)[index];
    if (!chosen || chosen.id !== asked || !reason) return false;
    if (isLive) commands.give(chosen, viewOf(chosen), reason);
    else toasts.add({ title: messages.link.paused });
    return true;
  };
  useKeys((action: KeyAction) => {
    if (action.kind === "lane") return confirm(action.index) || choose(lanes[action.index]);
    if (action.kind === "reason") return give(action.index);
    if (action.kind === "leave") {
      commands.leave();
      return asked !== null;
    }
    if (action.kind !== "pay" && ((action.kind !== "order" && action.kind !== "preview") || !mayOrder)) return false;
    if (!chosen) toasts.add({ title: messages.keys.noLane });
    else if (!isLive) toasts.add({ title: messages.link.paused });
    else {
      const view = viewOf(chosen);
      if (action.kind === "preview") commands.look(chosen);
      else if (action.kind === "order") commands.order(chosen, view, action.action);
      else if (isPayable(view)) commands.pay(chosen, view);
      else toasts.add({ title: messages.keys.nothingDue });
    }
    return true;
  });
}
