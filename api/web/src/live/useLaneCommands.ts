import { useMutation } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
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

/** What can be asked of a lane, and the question that is open. */
export function useLaneCommands(choose: (lane: Lane) => void) {
  const messages = useMessages();
  const report = useReport();
  const [order, setOrder] = useState<PendingOrder | null>(null);
  const [payment, setPayment] = useState<PendingPayment | null>(null);
  const sending = useMutation({
    mutationFn: ({ lane, action, arrival, reason }: PendingOrder & { reason: string }) =>
      orderBoom(lane.id, action, reason, arrival),
    onSuccess: (_, { lane, action }) => {
      toasts.add({ title: messages.order.done(messages.order[action], lane.name || lane.code) });
    },
    onError: report,
  });
  const { mutate } = sending;

  const commands = useMemo<LaneCommands>(
    () => ({
      choose,
      order: (lane: Lane, view: LaneView, action: Action) => {
        choose(lane);
        setOrder({ lane, action, arrival: view.arrival });
      },
      pay: (lane: Lane, view: LaneView) => {
        choose(lane);
        if (isPayable(view)) setPayment({ stay: view.stay, amount: view.amount });
      },
    }),
    [choose],
  );
  const send = useCallback(
    (reason: string) => {
      if (!order) return;
      keepReason(reason);
      mutate({ ...order, reason });
      setOrder(null);
    },
    [order, mutate],
  );
  const closeAll = useCallback(() => {
    setOrder(null);
    setPayment(null);
  }, []);
  return { commands, order, payment, send, closeAll };
}
