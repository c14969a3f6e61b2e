import { useMutation } from "@tanstack/react-query";
import type { Subscription } from "../api/schema.gen";
import { changeSubscription, endSubscription, pauseSubscription, renewSubscription, resumeSubscription } from "../api/subscriptions";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { useReport } from "../ui/useReport";
import { useUndo } from "../ui/useUndo";
import { useSubscriptionsChanged } from "./useSubscriptionsChanged";

interface Act {
  name: string;
  run: (one: Subscription) => Promise<unknown>;
  undo: (one: Subscription) => Promise<unknown>;
}

async function each(rows: readonly Subscription[], work: (one: Subscription) => Promise<unknown>): Promise<void> {
  for (const row of rows) await work(row);
}

/** What can be done to several subscriptions at once, each with its undo. */
export function BulkActions({ picked, done }: { picked: readonly Subscription[]; done: () => void }) {
  const { subscriptions } = useMessages();
  const report = useReport();
  const again = useSubscriptionsChanged();
  const undo = useUndo(again);
  const acting = useMutation({
    mutationFn: async (act: Act) => {
      await each(picked, act.run);
      return act;
    },
    onSuccess: (act) => {
      const rows = [...picked];
      undo(subscriptions.many(rows.length, act.name), () => each(rows, act.undo));
      done();
    },
    onError: report,
    onSettled: again,
  });
  if (picked.length === 0) return null;
  const acts: Act[] = [
    {
      name: subscriptions.renew,
      run: ({ id }) => renewSubscription(id),
      undo: ({ id, until }) => changeSubscription(id, { until: until ?? null }),
    },
    { name: subscriptions.pause, run: ({ id }) => pauseSubscription(id, null, ""), undo: ({ id }) => resumeSubscription(id) },
    { name: subscriptions.end, run: ({ id }) => endSubscription(id, {}), undo: ({ id }) => endSubscription(id, { take_back: true }) },
  ];
  return (
    <div className="flex flex-wrap items-center gap-3" data-bulk>
      <span role="status">{subscriptions.selected(picked.length)}</span>
      {acts.map((act) => (
        <Button key={act.name} disabled={acting.isPending} onClick={() => acting.mutate(act)}>
          {act.name}
        </Button>
      ))}
    </div>
  );
}
