// All the feed of one site said, for components to read. Changes are handed on a few times a second at most, however
// many rows come.
import type { LiveEvent } from "../api/liveEvent";
import type { Link } from "./feedState";
import { type LaneMemory, NOTHING, remember } from "./laneMemory";

const SHOWN_ROWS = 200;
/** Cars that are kept, the newest. */
const KEPT_CARS = 500;
const EVERY = 60;

export interface SeenCar {
  plate: string | null;
  /** Name of its picture, once it is stored. */
  picture: string | null;
}

export interface SiteView {
  link: Link;
  /** Newest first. */
  rows: readonly LiveEvent[];
  lanes: ReadonlyMap<string, LaneMemory>;
  /** Cars that were seen, by arrival. */
  cars: ReadonlyMap<string, SeenCar>;
}

const EMPTY: SiteView = { link: { kind: "connecting" }, rows: [], lanes: new Map(), cars: new Map() };

export class SiteStore {
  #view: SiteView = EMPTY;
  #waiting: { event: LiveEvent; isPast: boolean }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #changed: (events: readonly LiveEvent[]) => void;

  /** `changed` is told of what was new, a batch at a time. */
  constructor(changed: (events: readonly LiveEvent[]) => void) {
    this.#changed = changed;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): SiteView => this.#view;

  setLink(link: Link): void {
    this.#show({ ...this.#view, link });
  }

  add(event: LiveEvent, isPast: boolean): void {
    this.#waiting.push({ event, isPast });
    this.#timer ??= setTimeout(() => this.#flush(), EVERY);
  }

  /** Nobody listens any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#show(applied(this.#view, batch, Date.now()));
    this.#changed(batch.map(({ event }) => event));
  }

  #show(view: SiteView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

function applied(view: SiteView, batch: readonly { event: LiveEvent; isPast: boolean }[], now: number): SiteView {
  const lanes = new Map(view.lanes);
  const cars = new Map(view.cars);
  for (const { event, isPast } of batch) {
    if (event.lane) lanes.set(event.lane, remember(lanes.get(event.lane) ?? NOTHING, event, isPast, now));
    const seen = seenCar(event, cars);
    if (seen) cars.set(...seen);
  }
  for (const arrival of cars.keys()) {
    if (cars.size <= KEPT_CARS) break;
    cars.delete(arrival);
  }
  const shown = batch.map(({ event }) => event).filter(isWorthShowing);
  const rows = shown.length ? [...shown.toReversed(), ...view.rows].slice(0, SHOWN_ROWS) : view.rows;
  return { ...view, rows, lanes, cars };
}

/** What an event tells of a car, with what was known of it. */
function seenCar(event: LiveEvent, cars: ReadonlyMap<string, SeenCar>): [string, SeenCar] | null {
  if (event.kind !== "arrival" && event.kind !== "decision" && event.kind !== "picture") return null;
  const { arrival } = event.data;
  if (!arrival) return null;
  const before = cars.get(arrival) ?? { plate: null, picture: null };
  if (event.kind === "picture") return [arrival, { ...before, picture: event.data.evidence }];
  return [arrival, { ...before, plate: event.data.plate ?? before.plate }];
}

/** What went as ordered is seen at the lane itself. */
function isWorthShowing(event: LiveEvent): boolean {
  if (event.kind === "picture" || event.kind === "boom") return false;
  return event.kind !== "command" || Boolean(event.data.by) || event.data.state === "refused" || event.data.state === "expired";
}
