import { useMutation } from "@tanstack/react-query";
import type { SubscriptionDetail } from "../api/schema.gen";
import { changeSubscription, endSubscription, pauseSubscription, renewSubscription, resumeSubscription } from "../api/subscriptions";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { useReport } from "../ui/useReport";
import { useUndo } from "../ui/useUndo";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

interface Act {
  said: string;
  run: () => Promise<unknown>;
  undo: () => Promise<unknown>;
}

/** Renew, pause or resume, end or take the end back; each can be undone. */
export function SubscriptionActs({ subscription }: { subscription: SubscriptionDetail }) {
  const { subscriptions } = useMessages();
  const { id, holder, state, until, pause, plan, ended_at: endedAt } = subscription;
  const report = useReport();
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const acting = useMutation({
    mutationFn: async (act: Act) => {
      await act.run();
      return act;
    },
    onSuccess: ({ said, undo: back }) => undo(said, back),
    onError: report,
    onSettled: again,
  });
  const button = (name: string, act: Act, look: "plain" | "danger" = "plain") => (
    <Button look={look} disabled={acting.isPending} onClick={() => acting.mutate(act)}>
      {name}
    </Button>
  );
  const isOver = state === "ended";
  return (
    <>
      {plan &&
        until &&
        button(subscriptions.renew, {
          said: subscriptions.renewed(holder),
          run: () => renewSubscription(id),
          undo: () => changeSubscription(id, { until }),
        })}
      {!isOver &&
        (pause
          ? button(subscriptions.resume, {
              said: subscriptions.resumed(holder),
              run: () => resumeSubscription(id),
              undo: () => pauseSubscription(id, pause.until ?? null, ""),
            })
          : button(subscriptions.pause, {
              said: subscriptions.paused(holder),
              run: () => pauseSubscription(id, null, ""),
              undo: () => resumeSubscription(id),
            }))}
      {endedAt
        ? button(subscriptions.reopen, {
            said: subscriptions.resumed(holder),
            run: () => endSubscription(id, { take_back: true }),
            undo: () => endSubscription(id, {}),
          })
        : !isOver &&
          button(
            subscriptions.end,
            {
              said: subscriptions.ended(holder),
              run: () => endSubscription(id, {}),
              undo: () => endSubscription(id, { take_back: true }),
            },
            "danger",
          )}
    </>
  );
}
