import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { useReason } from "../reasons/useReason";
import { Money } from "../money/Money";
import { OUTCOME_LOOK } from "../ui/outcomeLook";
import type { LaneView } from "./laneView";

/** The decision in one large word, why, and its code. */
export function LaneDecision({ view }: { view: LaneView }) {
  const messages = useMessages();
  const reason = useReason();
  if (view.outcome === null) {
    return (
      <div className="rounded-control border-l-4 border-line bg-raised px-3 py-2 text-soft" data-outcome="none">
        <p className="text-large font-semibold">{messages.lanes.waiting}</p>
        <p>{messages.lanes.waitingHint}</p>
      </div>
    );
  }
  const { Icon, text, ground, edge } = OUTCOME_LOOK[view.outcome];
  const said = reason(view.code, view.params, view.text);
  const isGone = view.presence === "gone";
  return (
    <div
      className={`rounded-control border-l-4 px-3 py-2 ${edge} ${isGone ? "bg-raised" : ground}`}
      data-outcome={view.outcome}
      data-presence={view.presence}
    >
      <p className={`flex items-center gap-2 leading-tight font-bold ${text} ${isGone ? "text-large" : "text-decision"}`}>
        <Icon aria-hidden size={isGone ? 20 : 26} className="shrink-0" />
        {messages.outcome[view.outcome]}
        {view.amount && view.outcome === "charge" && (
          <Fragment>
            {" "}
            <Money amount={view.amount} />
          </Fragment>
        )}
      </p>
      {view.code && (
        <p className="mt-0.5 flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{messages.why[view.code] ?? said}</span>
          <code className="font-plate text-small whitespace-nowrap text-soft">{view.code}</code>
        </p>
      )}
      {view.code && said && <p className="text-small text-soft">{messages.sign(said)}</p>}
      {view.local && <p className="text-small text-soft">{messages.lanes.local}</p>}
      {view.suggested && (
        <Link
          to="/stays/$id"
          params={{ id: view.suggested }}
          className="inline-flex min-h-11 items-center text-small font-medium text-accent underline"
        >
          {messages.lanes.suggested}
        </Link>
      )}
    </div>
  );
}
