import { useEffect, useMemo, useRef } from "react";
import { REASON_KEYS } from "../frame/keymap";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Kbd } from "../ui/Kbd";
import { offered, recentReasons } from "./recentReasons";

/** A second click that comes this soon belongs to a double click on the button before. */
const DOUBLE_CLICK = 350;

/** The reasons of a card, in the order of their letters: those given last come first. */
export function reasonsOf(presets: readonly string[]): string[] {
  return offered(recentReasons(), presets, REASON_KEYS.length);
}

interface Props {
  lane: string;
  isLive: boolean;
  /** Opens with this reason. */
  give: (reason: string) => void;
  /** Asks for another reason in words. */
  other: () => void;
  leave: () => void;
}

/** Why it should open, large on the lane's card: one click or one letter opens it. */
export function ReasonChoice({ lane, isLive, give, other, leave }: Props) {
  const messages = useMessages();
  const reasons = useMemo(() => reasonsOf(messages.order.presets), [messages]);
  const group = useRef<HTMLDivElement>(null);
  const shownAt = useRef(0);
  useEffect(() => {
    shownAt.current = performance.now();
    // Not the first reason: an Enter held too long must open nothing.
    group.current?.focus({ preventScroll: true });
  }, []);
  const click = (reason: string) => () => {
    if (performance.now() - shownAt.current > DOUBLE_CLICK) give(reason);
  };
  const title = messages.order.why(lane);
  return (
    <div
      ref={group}
      role="group"
      aria-label={title}
      tabIndex={-1}
      data-reasons
      className="mt-auto grid scroll-my-20 gap-2 rounded-control border-2 border-accent bg-accent-ground p-3 outline-none"
    >
      <p className="text-large font-semibold">{title}</p>
      <ol className="grid gap-1.5">
        {reasons.map((reason, index) => (
          <li key={reason}>
            <Button className="w-full justify-start py-1.5 text-left text-large font-medium!" disabled={!isLive} onClick={click(reason)}>
              <Kbd>{(REASON_KEYS[index] ?? "").toUpperCase()}</Kbd>
              <span className="min-w-0 wrap-anywhere">{reason}</span>
            </Button>
          </li>
        ))}
      </ol>
      <div className="grid grid-cols-2 gap-2">
        <Button disabled={!isLive} onClick={other}>
          <Kbd>O</Kbd>
          {messages.order.own}
        </Button>
        <Button onClick={leave}>
          <Kbd>Esc</Kbd>
          {messages.cancel}
        </Button>
      </div>
    </div>
  );
}
