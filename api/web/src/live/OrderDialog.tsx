import { type FormEvent, type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { Action } from "../api/lanes";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Kbd } from "../ui/Kbd";
import { Modal } from "../ui/Modal";
import { offered, recentReasons } from "./recentReasons";

const LONGEST_REASON = 300;

interface Props {
  action: Action;
  lane: string;
  close: () => void;
  /** Orders it with this reason. */
  order: (reason: string) => void;
}

/** Asks why, before a boom is ordered: a digit or a click takes a reason, or one writes another. */
export function OrderDialog({ action, lane, close, order }: Props) {
  const messages = useMessages();
  const [own, setOwn] = useState("");
  const reasons = useMemo(() => offered(recentReasons(), messages.order.presets), [messages]);
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const word = messages.order[action];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (own.trim()) order(own.trim());
  };
  const pickByDigit = (event: KeyboardEvent) => {
    const reason = own === "" && /^[1-9]$/.test(event.key) ? reasons[Number(event.key) - 1] : undefined;
    if (!reason || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    order(reason);
  };

  return (
    <Modal title={messages.order.title(word, lane)} description={messages.order.reasonHint} isOpen close={close} initialFocus={input}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the digits work wherever the focus is */}
      <form onSubmit={submit} onKeyDown={pickByDigit} className="grid gap-4">
        <ol className="grid gap-1.5" aria-label={messages.order.reason}>
          {reasons.map((reason, index) => (
            <li key={reason}>
              <Button className="w-full justify-start text-left font-normal!" onClick={() => order(reason)}>
                <Kbd>{String(index + 1)}</Kbd>
                {reason}
              </Button>
            </li>
          ))}
        </ol>
        <div className="grid gap-1">
          <label htmlFor={inputId} className="font-medium">
            {messages.order.own}
          </label>
          <div className="flex gap-2">
            <input
              id={inputId}
              ref={input}
              value={own}
              onChange={(event) => setOwn(event.target.value)}
              maxLength={LONGEST_REASON}
              autoComplete="off"
              className="min-h-11 min-w-0 flex-1 rounded-control border border-strong-line bg-card px-3"
            />
            <Button type="submit" look="main" disabled={!own.trim()}>
              {word}
            </Button>
          </div>
        </div>
      </form>
    </Modal>
  );
}
