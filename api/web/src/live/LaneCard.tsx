import { LogIn, LogOut, Radio, WifiOff } from "lucide-react";
import { memo, useEffect, useRef } from "react";
import type { Action } from "../api/lanes";
import type { BoomState } from "../api/liveEvent";
import type { Candidate, Lane, LoopSays } from "../api/schema.gen";
import { may } from "../api/session";
import { useFeed, useIsConnected, useSite } from "../feed/SiteContext";
import { NOTHING } from "../feed/laneMemory";
import { useCatalogue } from "../i18n/CatalogueContext";
import { useMoney } from "../money/useMoney";
import { LaneModeNote } from "../modes/LaneModeNote";
import { Plate } from "../plates/Plate";
import { Button } from "../ui/Button";
import { Kbd } from "../ui/Kbd";
import { formatDuration } from "../ui/formatTime";
import { useClock } from "../clock/useClock";
import { useIsBefore } from "../ui/useIsBefore";
import { useNow } from "../ui/useNow";
import { BoomDrawing } from "./BoomDrawing";
import { CandidateList } from "./CandidateList";
import { LaneDecision } from "./LaneDecision";
import { LaneFrame } from "./LaneFrame";
import { LaneNotes } from "./LaneNotes";
import { PreviewFrame } from "./PreviewFrame";
import { ReasonChoice } from "./ReasonChoice";
import { type LaneView, isPayable, laneView, needsPerson } from "./laneView";
import { useCandidates } from "./useCandidates";
import type { Look } from "./usePreview";

export interface LaneCommands {
  /** Shows on the card why it might open. */
  ask: (lane: Lane) => void;
  /** Opens for this reason. */
  give: (lane: Lane, view: LaneView, reason: string) => void;
  leave: () => void;
  /** Asks for the reason in words. */
  order: (lane: Lane, view: LaneView, action: Action) => void;
  pay: (lane: Lane, view: LaneView) => void;
  /** Asks what the lane is to be for. */
  mode: (lane: Lane) => void;
  choose: (lane: Lane) => void;
  /** The plate as the guard reads it, to find candidates by. */
  type: (plate: string) => void;
  /** Says which of the cars inside stands there. */
  pair: (view: LaneView, candidate: Candidate) => void;
  /** Asks for the camera's picture. */
  look: (lane: Lane) => void;
  endLook: () => void;
}

interface Props {
  lane: Lane;
  /** The key that chooses it, up to 9. */
  number: number;
  isChosen: boolean;
  /** Whether it asks for a reason to open. */
  isAsked: boolean;
  typed: string;
  /** The look through its camera that is under way. */
  look: Look | null;
  commands: LaneCommands;
}

/** One lane: what stands there, what was decided and why, where the boom is, and what can be done. */
export const LaneCard = memo(function LaneCard({ lane, number, isChosen, isAsked, typed, look, commands }: Props) {
  const memory = useFeed((view) => view.lanes.get(lane.id)) ?? NOTHING;
  const isLive = useIsConnected();
  const seen = laneView(lane, memory, useIsBefore(memory.boom?.until ?? 0));
  const view: LaneView = isLive ? seen : { ...seen, boom: "unknown" };
  const found = useCandidates(lane, view, isAsked ? typed : "");
  const card = useRef<HTMLElement>(null);
  const isTouched = useRef(false);
  useEffect(() => {
    // What is asked comes first where a card is taller than the screen.
    if (isAsked) card.current?.querySelector("[data-reasons]")?.scrollIntoView({ block: "nearest" });
    // Under a finger nothing may move: the tap would miss what it was meant for.
    else if (isChosen && !isTouched.current) card.current?.scrollIntoView({ block: "nearest" });
    isTouched.current = false;
  }, [isChosen, isAsked]);
  const touch = () => {
    isTouched.current = !isChosen;
    commands.choose(lane);
  };
  return (
    <article
      ref={card}
      aria-label={lane.name || lane.code}
      aria-current={isChosen}
      data-lane={lane.code}
      onPointerDown={touch}
      className={`lane-card flex min-w-0 scroll-my-20 flex-col gap-3 rounded-card border bg-card p-3 ${
        isChosen ? "border-accent ring-2 ring-accent" : "border-line"
      }`}
    >
      <LaneTitle lane={lane} number={number} view={view} />
      <div className="grid grid-cols-[3fr_2fr] items-stretch gap-3">
        {look ? (
          <PreviewFrame
            name={lane.name || lane.code}
            look={look}
            failed={memory.look?.command === look.command ? memory.look.failed : null}
            end={commands.endLook}
          />
        ) : (
          <LaneFrame name={lane.name || lane.code} picture={view.picture} />
        )}
        <div className="self-end text-center">
          <BoomDrawing
            state={view.boom}
            asked={view.order && !view.order.failed ? view.order.action : null}
            isCarBefore={view.isConnected && isLive ? view.presence === "here" : null}
            isCarUnder={view.isConnected && isLive ? loopSays(lane.loops?.safety) : null}
          />
          <BoomWord view={view} />
        </div>
      </div>
      <LaneCar view={view} />
      <LaneDecision view={view} />
      {found && (
        <CandidateList
          key={isAsked ? "asked" : "shown"}
          found={found}
          isLive={isLive}
          isAsked={isAsked}
          typed={typed}
          type={commands.type}
          confirm={(candidate) => commands.pair(view, candidate)}
        />
      )}
      <LaneModeNote lane={lane} />
      <LaneNotes lane={lane} boom={view.boom} order={view.order} />
      {isAsked ? (
        <ReasonChoice
          lane={lane.name || lane.code}
          isLive={isLive}
          give={(reason) => commands.give(lane, view, reason)}
          other={() => commands.order(lane, view, "open")}
          leave={commands.leave}
        />
      ) : (
        <LaneButtons lane={lane} view={view} isLive={isLive} commands={commands} />
      )}
    </article>
  );
});

function LaneTitle({ lane, number, view }: { lane: Lane; number: number; view: LaneView }) {
  const { messages } = useCatalogue();
  const Direction = lane.direction === "entry" ? LogIn : LogOut;
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {number <= 9 && <Kbd>{String(number)}</Kbd>}
      <h3 className="text-large font-semibold">{lane.name || lane.code}</h3>
      <span className="flex items-center gap-1 text-small text-soft">
        <Direction aria-hidden size={15} />
        {messages.direction[lane.direction]}
      </span>
      <LaneConnection lane={lane} isConnected={view.isConnected} />
    </header>
  );
}

function LaneConnection({ lane, isConnected }: { lane: Lane; isConnected: boolean }) {
  const { messages } = useCatalogue();
  const clock = useClock();
  if (isConnected) {
    return (
      <span className="ml-auto flex items-center gap-1.5 text-small text-soft">
        <Radio aria-hidden size={15} />
        {messages.lanes.connected}
        {typeof lane.round_trip_ms === "number" && <span className="tabular-nums">{messages.lanes.roundTrip(lane.round_trip_ms)}</span>}
      </span>
    );
  }
  const since = lane.device?.last_seen;
  return (
    <span className="ml-auto flex items-center gap-1.5 text-small font-semibold text-deny">
      <WifiOff aria-hidden size={15} />
      {!lane.device ? messages.lanes.noDevice : since ? messages.lanes.goneSince(clock(since)) : messages.lanes.gone}
    </span>
  );
}

/** Whether a loop says that a car is on it; null where it says nothing. */
function loopSays(state: LoopSays | undefined): boolean | null {
  return state === "occupied" ? true : state === "clear" ? false : null;
}

function BoomWord({ view }: { view: LaneView }) {
  const { messages } = useCatalogue();
  return <p className="mt-1 text-small font-medium">{messages.boom[view.boom]}</p>;
}

function LaneCar({ view }: { view: LaneView }) {
  const { messages } = useCatalogue();
  const clock = useClock();
  if (view.presence === "none") return null;
  return (
    <div className={`flex flex-wrap items-center gap-x-3 gap-y-1 ${view.presence === "gone" ? "opacity-80" : ""}`}>
      <Plate text={view.plate} size="large" />
      <span className="text-soft tabular-nums">
        {view.presence === "gone" && `${messages.lanes.carGone} ${view.since ? clock(view.since) : ""}`}
        {view.presence === "here" && view.since && <Waits since={view.since} />}
      </span>
    </div>
  );
}

/** Drawn each second; the card around it is not. */
function Waits({ since }: { since: string }) {
  const { messages, language } = useCatalogue();
  return messages.lanes.carHere(formatDuration(useNow() - Date.parse(since), language));
}

/** Where opening would change nothing. */
const UP: readonly BoomState[] = ["opening", "open", "held"];

interface ButtonsProps {
  lane: Lane;
  view: LaneView;
  isLive: boolean;
  commands: LaneCommands;
}

function LaneButtons({ lane, view, isLive, commands }: ButtonsProps) {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const money = useMoney();
  const canPay = isPayable(view) && may(site, "payments:take");
  return (
    <div className="mt-auto grid grid-cols-[repeat(auto-fit,minmax(4.75rem,1fr))] gap-2">
      {canPay && isPayable(view) && (
        <Button look="money" className="col-span-full text-large" disabled={!isLive} onClick={() => commands.pay(lane, view)}>
          {messages.money.take(money(view.amount))}
        </Button>
      )}
      {may(site, "lanes:operate") && <OrderButtons lane={lane} view={view} isLive={isLive} commands={commands} />}
    </div>
  );
}

function OrderButtons({ lane, view, isLive, commands }: ButtonsProps) {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const isHeld = view.boom === "held";
  const order = (action: Action) => () => commands.order(lane, view, action);
  return (
    <>
      <Button
        look={needsPerson(view) && !UP.includes(view.boom) ? "main" : "plain"}
        disabled={!isLive}
        onClick={() => commands.ask(lane)}
      >
        {messages.order.open}
      </Button>
      <Button disabled={!isLive} onClick={order("close")}>
        {messages.order.close}
      </Button>
      <Button disabled={!isLive} onClick={order(isHeld ? "release" : "hold")}>
        {isHeld ? messages.order.release : messages.order.hold}
      </Button>
      <Button disabled={!isLive || !lane.device?.connected} onClick={() => commands.look(lane)}>
        {messages.preview.button}
      </Button>
      {may(site, "lanes:mode") && (
        <Button disabled={!isLive} onClick={() => commands.mode(lane)}>
          {messages.modes.button}
        </Button>
      )}
    </>
  );
}
