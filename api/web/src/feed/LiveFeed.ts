// The socket to the live feed of one site. It goes on from the last number after every break.
import type { Frame, LiveEvent } from "../api/liveEvent";
import { type FeedState, FIRST, type Link, closed, isDead, isSameLink, linkOf, opened, received } from "./feedState";

/** Rows of the past that a screen begins with. */
const BACK = 100;
const RECONNECT_AFTER = 1_500;
const LOOK_EVERY = 500;

export interface FeedListener {
  link: (link: Link) => void;
  event: (event: LiveEvent, isPast: boolean) => void;
  missed: () => void;
}

/** Whether somebody is still logged in; rejects while the server does not answer. */
type SessionCheck = () => Promise<boolean>;

export class LiveFeed {
  readonly #site: string;
  readonly #listener: FeedListener;
  readonly #isLoggedIn: SessionCheck;
  #state: FeedState = FIRST;
  #link: Link = { kind: "connecting" };
  #socket: WebSocket | null = null;
  #look: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(site: string, listener: FeedListener, isLoggedIn: SessionCheck) {
    this.#site = site;
    this.#listener = listener;
    this.#isLoggedIn = isLoggedIn;
  }

  start(): void {
    this.#connect();
    this.#look = setInterval(() => this.#lookAtLine(), LOOK_EVERY);
  }

  stop(): void {
    clearInterval(this.#look);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#address());
    this.#socket = socket;
    this.#state = opened(this.#state, Date.now());
    socket.addEventListener("message", (message: MessageEvent<string>) => {
      if (this.#socket === socket) this.#receive(JSON.parse(message.data) as Frame);
    });
    socket.addEventListener("close", () => this.#lose(socket));
  }

  #address(): string {
    const { no } = this.#state;
    const from: Record<string, string> = no === null ? { back: String(BACK) } : { since: String(no) };
    const query = new URLSearchParams({ site: this.#site, ...from });
    return `${location.origin.replace(/^http/, "ws")}/api/v1/live?${query}`;
  }

  #receive(frame: Frame): void {
    const { state, event, isPast, missed } = received(this.#state, frame, Date.now());
    this.#state = state;
    if (event) this.#listener.event(event, isPast);
    if (missed) this.#listener.missed();
    this.#say();
  }

  #lookAtLine(): void {
    if (this.#socket && isDead(this.#state, Date.now())) this.#lose(this.#socket);
    this.#say();
  }

  #say(): void {
    const link = linkOf(this.#state, Date.now());
    if (isSameLink(link, this.#link)) return;
    this.#link = link;
    this.#listener.link(link);
  }

  #lose(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    socket.close();
    this.#state = closed(this.#state);
    this.#say();
    this.#retry = setTimeout(() => void this.#reconnect(), RECONNECT_AFTER);
  }

  /** A refused socket does not say why; the session does. */
  async #reconnect(): Promise<void> {
    const retry = this.#retry;
    try {
      const isLoggedIn = await this.#isLoggedIn();
      if (isLoggedIn && this.#retry === retry && !this.#socket) this.#connect();
    } catch {
      if (this.#retry === retry) this.#retry = setTimeout(() => void this.#reconnect(), RECONNECT_AFTER);
    }
  }
}
