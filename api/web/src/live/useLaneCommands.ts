import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { pairArrival } from "../api/arrivals";
import { type Action, askPreview, orderBoom } from "../api/lanes";
import type { Amount, Candidate, Lane } from "../api/schema.gen";
import { useMoney } from "../money/useMoney";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import type { LaneCommands } from "./LaneCard";
import { type LaneView, isPayable } from "./laneView";
import { keepReason } from "./recentReasons";
import type { Look } from "./usePreview";

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
  const [mode, setMode] = useState<Lane | null>(null);
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

  const confirm = useConfirmation();
  const { look, startLook, endLook } = useLook();
  const [typed, setTyped] = useState("");
  const commands = useMemo<LaneCommands>(
    () => ({
      choose,
      type: setTyped,
      pair: (view: LaneView, candidate: Candidate) => {
        setAsked(null);
        if (view.arrival) confirm({ arrival: view.arrival, candidate });
      },
      look: startLook,
      endLook,
      ask: (lane: Lane) => {
        choose(lane);
        setTyped("");
        setAsked(lane.id);
      },
      give: (lane: Lane, view: LaneView, reason: string) => send({ lane, action: "open", arrival: view.arrival }, reason),
      leave: () => setAsked(null),
      order: (lane: Lane, view: LaneView, action: Action) => {
        choose(lane);
        setAsked(null);
        setOrder({ lane, action, arrival: view.arrival });
      },
      mode: (lane: Lane) => {
        choose(lane);
        setAsked(null);
        setMode(lane);
      },
      pay: (lane: Lane, view: LaneView) => {
        choose(lane);
        setAsked(null);
        if (isPayable(view)) setPayment({ stay: view.stay, amount: view.amount });
      },
    }),
    [choose, send, setAsked, confirm, startLook, endLook],
  );
  const closeAll = useCallback(() => {
    setOrder(null);
    setPayment(null);
    setMode(null);
  }, []);
  return { commands, asked, typed, look, order, payment, mode, send, closeAll };
}

/** Says which of the cars inside stands at an exit, and what came of it. */
function useConfirmation() {
  const { pairing } = useMessages();
  const money = useMoney();
  const report = useReport();
  const { mutate } = useMutation({
    mutationFn: ({ arrival, candidate }: { arrival: string; candidate: Candidate }) => pairArrival(arrival, candidate.stay),
    onSuccess: ({ outcome, amount }, { candidate }) => {
      const plate = candidate.plate ?? pairing.unreadCar;
      const { done } = pairing;
      const title = outcome === "open" ? done.open(plate) : amount ? done.charge(plate, money(amount)) : done.deny(plate);
      toasts.add({ title });
    },
    onError: report,
  });
  return mutate;
}

/** One look through a camera at a time; it ends by itself. */
function useLook() {
  const { preview } = useMessages();
  const report = useReport();
  const [look, setLook] = useState<Look | null>(null);
  const { mutate } = useMutation({
    mutationFn: (lane: Lane) => askPreview(lane.id),
    onSuccess: ({ command, until }, lane) => setLook({ lane: lane.id, command: command.id, until: Date.parse(until) }),
    onError: report,
  });
  useEffect(() => {
    if (!look) return undefined;
    const timer = setTimeout(() => {
      setLook(null);
      toasts.add({ title: preview.ended });
    }, Math.max(0, look.until - Date.now()));
    return () => clearTimeout(timer);
  }, [look, preview]);
  const endLook = useCallback(() => setLook(null), []);
  return { look, startLook: mutate, endLook };
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
