import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";

/** In the place of a screen that failed; the rest of the page goes on. */
export function BrokenScreen({ error, reset }: { error: unknown; reset: () => void }) {
  const messages = useMessages();
  return (
    <EmptyState as="h1" title={messages.problem.broken}>
      <p className="font-plate text-small">{error instanceof Error ? error.message : String(error)}</p>
      <Button className="mt-4" onClick={reset}>
        {messages.problem.retry}
      </Button>
    </EmptyState>
  );
}
