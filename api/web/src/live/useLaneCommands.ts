import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { type Action, orderBoom } from "../api/lanes";
import type { Amount, Lane } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import type { LaneCommands } from "./LaneCard";
import { type LaneView, isPayable } from "./laneView";
import { keepReason } from "./recentReasons";

export interface PendingOrder {
  lane: Lane;
  action: Action;
  arrival: string | null;
}

export interface PendingPayment {
  stay: string;
  amount: Amount;
}

/** A card that asks for a reason stops asking: a key pressed much later must open nothing. */
const ASKED_FOR = 20_000;

/** What can be asked of a lane, and the question that is open. */
export function useLaneCommands(choose: (lane: Lane) => void) {
  const messages = useMessages();
  const report = useReport();
  const [asked, setAsked] = useAskedLane();
  const [order, setOrder] = useState<PendingOrder | null>(null);
  const [payment, setPayment] = useState<PendingPayment | null>(null);
  const { mutate } = useMutation({
    mutationFn: ({ lane, action, arrival, reason }: PendingOrder & { reason: string }) =>
      orderBoom(lane.id, action, reason, arrival),
    onSuccess: (_, { lane, action }) => {
      toasts.add({ title: messages.order.done(messages.order[action], lane.name || lane.code) });
    },
    onError: report,
  });
  const send = useCallback(
    (pending: PendingOrder, reason: string) => {
      keepReason(reason);
      mutate({ ...pending, reason });
      setOrder(null);
      setAsked(null);
    },
    [mutate, setAsked],
  );

  const commands = useMemo<LaneCommands>(
    () => ({
      choose,
      ask: (lane: Lane) => {
        choose(lane);
        setAsked(lane.id);
      },
      give: (lane: Lane, view: LaneView, reason: string) => send({ lane, action: "open", arrival: view.arrival }, reason),
      leave: () => setAsked(null),
      order: (lane: Lane, view: LaneView, action: Action) => {
        choose(lane);
        setAsked(null);
        setOrder({ lane, action, arrival: view.arrival });
      },
      pay: (lane: Lane, view: LaneView) => {
        choose(lane);
        setAsked(null);
        if (isPayable(view)) setPayment({ stay: view.stay, amount: view.amount });
      },
    }),
    [choose, send, setAsked],
  );
  const closeAll = useCallback(() => {
    setOrder(null);
    setPayment(null);
  }, []);
  return { commands, asked, order, payment, send, closeAll };
}

/** Id of the lane whose card asks for a reason to open; none after a while. */
function useAskedLane() {
  const [asked, setAsked] = useState<{ lane: string } | null>(null);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(null), ASKED_FOR);
    return () => clearTimeout(timer);
  }, [asked]);
  const ask = useCallback((lane: string | null) => setAsked(lane === null ? null : { lane }), []);
  return [asked?.lane ?? null, ask] as const;
}
