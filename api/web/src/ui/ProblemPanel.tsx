import { TriangleAlert } from "lucide-react";
import { ProblemError } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "./Button";
import { RequestId } from "./RequestId";

/** In the place of what could not be shown: what happened, what to do, and the request's id. */
export function ProblemPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const messages = useMessages();
  const isProblem = error instanceof ProblemError;
  return (
    <section role="alert" className="mx-auto grid max-w-xl gap-3 rounded-card border border-line bg-card p-5">
      <h2 className="flex items-center gap-2 text-large font-semibold text-deny">
        <TriangleAlert aria-hidden size={20} />
        {messages.problem.title}
      </h2>
      <p>{isProblem ? error.message : messages.problem.unreachable}</p>
      {isProblem && error.requestId && <RequestId id={error.requestId} />}
      {retry && (
        <div>
          <Button onClick={retry}>{messages.problem.retry}</Button>
        </div>
      )}
    </section>
  );
}
