// Turns what the feed said into what has to be asked again: exactly that, and not more often than a person can read.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { alarmsKey } from "../api/alarms";
import { holdAllKey } from "../api/holdAll";
import { lanesKey } from "../api/lanes";
import type { LiveEvent } from "../api/liveEvent";
import { statsKey } from "../api/stats";
import { stayKey, staysKey } from "../api/stays";
import { ticketsKey } from "../api/tickets";
import { throttled } from "./throttled";

const LANES_EVERY = 700;
const ALARMS_EVERY = 1_000;
const STAYS_EVERY = 1_500;

/** Kinds of events after which a lane's card says something else. */
const LANES: readonly LiveEvent["kind"][] = ["arrival", "decision", "passage", "payment", "command", "fault", "picture", "exception", "mode"];
const STAYS: readonly LiveEvent["kind"][] = ["passage", "payment", "stay", "occupancy", "ticket"];

export class Refresher {
  readonly #lanes: ReturnType<typeof throttled>;
  readonly #stays: ReturnType<typeof throttled>;
  readonly #alarms: ReturnType<typeof throttled>;
  readonly #holdAll: ReturnType<typeof throttled>;
  readonly #touched = new Set<string>();

  constructor(queries: QueryClient) {
    const again = (queryKey: QueryKey) => void queries.invalidateQueries({ queryKey });
    this.#lanes = throttled(() => again(lanesKey), LANES_EVERY);
    this.#holdAll = throttled(() => again(holdAllKey), ALARMS_EVERY);
    this.#alarms = throttled(() => again(alarmsKey), ALARMS_EVERY);
    this.#stays = throttled(() => {
      again(staysKey);
      again(statsKey);
      again(ticketsKey);
      for (const id of this.#touched) again([...stayKey, id]);
      this.#touched.clear();
    }, STAYS_EVERY);
  }

  happened(events: readonly LiveEvent[]): void {
    for (const event of events) {
      const stay = "stay" in event.data ? event.data.stay : null;
      if (stay) this.#touched.add(stay);
    }
    if (events.some(({ kind }) => kind === "alarm")) this.#alarms.ask();
    if (events.some(({ kind }) => kind === "hold_all")) this.#holdAll.ask();
    if (events.some(({ kind }) => LANES.includes(kind))) this.#lanes.ask();
    if (this.#touched.size > 0 || events.some(({ kind }) => STAYS.includes(kind))) this.#stays.ask();
  }

  stop(): void {
    this.#lanes.stop();
    this.#stays.stop();
    this.#alarms.stop();
    this.#holdAll.stop();
  }
}
