import { searchVehicles } from "../api/vehicles";
import type { FoundVehicles, SearchAnswer } from "../api/schema.gen";

/** What was found, for which text. */
export interface Found extends FoundVehicles {
  q: string;
}

/** Asks for vehicles at every letter, over one socket; over HTTP where there is none. Only the newest text's answer counts. */
export class LiveSearch {
  readonly #site: string;
  readonly #found: (found: Found) => void;
  readonly #failed: (error: unknown) => void;
  #socket: WebSocket | null = null;
  #id = 0;
  #q = "";
  #asking: AbortController | null = null;

  constructor(site: string, found: (found: Found) => void, failed: (error: unknown) => void) {
    this.#site = site;
    this.#found = found;
    this.#failed = failed;
  }

  ask(q: string): void {
    this.#id += 1;
    this.#q = q;
    const socket = this.#open();
    if (socket.readyState === WebSocket.OPEN) this.#send(socket);
    else if (socket.readyState !== WebSocket.CONNECTING) void this.#askByHttp();
  }

  close(): void {
    this.#asking?.abort();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open(): WebSocket {
    if (this.#socket) return this.#socket;
    const address = new URL(`/api/v1/vehicles/search/live?site=${encodeURIComponent(this.#site)}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#send(socket));
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as SearchAnswer));
    socket.addEventListener("close", () => {
      // Nobody waits any more, or the server is asked in the other way.
      if (this.#socket === socket) void this.#askByHttp();
    });
    return socket;
  }

  #send(socket: WebSocket): void {
    socket.send(JSON.stringify({ id: this.#id, q: this.#q }));
  }

  #take({ id, items, more }: SearchAnswer): void {
    if (id === this.#id) this.#found({ q: this.#q, items, more });
  }

  async #askByHttp(): Promise<void> {
    this.#asking?.abort();
    if (!this.#q.trim()) return;
    const [asking, id, q] = [new AbortController(), this.#id, this.#q];
    this.#asking = asking;
    try {
      const found = await searchVehicles(this.#site, q, asking.signal);
      if (id === this.#id) this.#found({ q, ...found });
    } catch (error) {
      if (!asking.signal.aborted) this.#failed(error);
    }
  }
}
