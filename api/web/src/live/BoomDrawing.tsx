import type { Action } from "../api/lanes";
import type { BoomState } from "../api/liveEvent";
import { useMessages } from "../i18n/CatalogueContext";

/** Degrees the arm is raised by, for each state a lane can report. */
const RAISED: Record<BoomState, number> = { closed: 0, opening: 36, open: 72, held: 72, closing: 36, broken: -7, unknown: 0 };
/** Where an order would bring the arm. */
const ASKED: Partial<Record<Action, number>> = { open: 72, hold: 72, close: 0, release: 0 };

const PIVOT = { x: 24, y: 106 };

interface Props {
  state: BoomState;
  /** What was ordered and is not done yet. */
  asked: Action | null;
  isCarBefore: boolean | null;
  /** What the loop under the boom said; null where that is not known. */
  isCarUnder: boolean | null;
}

/**
 * The barrier from the driver's seat, and its loops in the ground. The arm stands where the lane last said it was; an order
 * that is under way is a dashed arm where it should come to.
 */
export function BoomDrawing({ state, asked, isCarBefore, isCarUnder }: Props) {
  const messages = useMessages();
  const target = asked ? ASKED[asked] : undefined;
  const isKnown = state !== "unknown";
  return (
    <svg
      viewBox="0 0 176 156"
      role="img"
      aria-label={messages.boom.label(messages.boom[state])}
      className="block h-auto w-full"
      data-boom={state}
    >
      <rect x="0" y="138" width="176" height="18" className="fill-raised" />
      <line x1="0" y1="138" x2="176" y2="138" className="stroke-strong-line" strokeWidth="2" />
      <Loop x={48} isOccupied={isCarBefore} label={messages.loops.arming} />
      <Loop x={112} isOccupied={isCarUnder} label={messages.loops.safety} />
      {target !== undefined && target !== RAISED[state] && <Arm degrees={target} look="asked" />}
      <Arm degrees={RAISED[state]} look={isKnown ? "solid" : "unknown"} />
      <rect x="13" y="96" width="22" height="42" rx="4" className="fill-steel" />
      <circle cx={PIVOT.x} cy={PIVOT.y} r="6.5" className="fill-card stroke-steel" strokeWidth="3" />
      {state === "held" && <path d="M20 124v-4a4 4 0 0 1 8 0v4m-10 0h12v8H18z" className="fill-card stroke-card" strokeWidth="1.5" />}
      {state === "broken" && <path d="m88 88 9 12-7 4 8 14" className="fill-none stroke-deny" strokeWidth="5" />}
      {!isKnown && (
        <text x="98" y="92" textAnchor="middle" className="fill-soft text-[2.25rem] font-semibold">
          ?
        </text>
      )}
    </svg>
  );
}

type ArmLook = "solid" | "asked" | "unknown";

function Arm({ degrees, look }: { degrees: number; look: ArmLook }) {
  const isSolid = look === "solid";
  return (
    <g
      className="motion transition-transform"
      style={{ transform: `rotate(${-degrees}deg)`, transformOrigin: `${PIVOT.x}px ${PIVOT.y}px` }}
      data-arm={look}
    >
      <rect
        x="20"
        y="101"
        width="116"
        height="10"
        rx="5"
        className={isSolid ? "fill-arm stroke-steel" : `fill-none ${look === "asked" ? "stroke-accent" : "stroke-steel"}`}
        strokeWidth={isSolid ? 1.5 : 2}
        strokeDasharray={isSolid ? undefined : "6 5"}
      />
      {isSolid && [46, 74, 102].map((x) => <rect key={x} x={x} y="102" width="15" height="8" className="fill-stripe" />)}
    </g>
  );
}

/** Occupied, clear, or not reported (null). */
function Loop({ x, isOccupied, label }: { x: number; isOccupied: boolean | null; label: string }) {
  const fill = isOccupied ? "fill-occupied" : "fill-none";
  return (
    <g data-loop={isOccupied === null ? "unknown" : isOccupied ? "occupied" : "clear"}>
      <rect
        x={x}
        y="143"
        width="50"
        height="9"
        rx="2.5"
        className={`${fill} ${isOccupied ? "stroke-occupied" : "stroke-strong-line"}`}
        strokeWidth="1.5"
        strokeDasharray={isOccupied === null ? "4 4" : undefined}
      />
      <title>{label}</title>
    </g>
  );
}
