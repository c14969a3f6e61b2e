import { LockKeyhole, TriangleAlert } from "lucide-react";
import { ProblemError, STEP_UP_NEEDED, isCode } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { useProblemText } from "../i18n/useProblemText";
import { Button } from "./Button";
import { RequestId } from "./RequestId";

/** In the place of what could not be shown: what happened, what to do, and the request's id. */
export function ProblemPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const messages = useMessages();
  const text = useProblemText();
  const isProblem = error instanceof ProblemError;
  if (retry && isCode(error, STEP_UP_NEEDED)) return <Locked unlock={retry} />;
  return (
    <section role="alert" className="mx-auto grid max-w-xl gap-3 rounded-card border border-line bg-card p-5">
      <h2 className="flex items-center gap-2 text-large font-semibold text-deny">
        <TriangleAlert aria-hidden size={20} />
        {messages.problem.title}
      </h2>
      <p>{text(error)}</p>
      {isProblem && error.requestId && <RequestId id={error.requestId} />}
      {retry && (
        <div>
          <Button onClick={retry}>{messages.problem.retry}</Button>
        </div>
      )}
    </section>
  );
}

/** In the place of what is shown only once the password was given again. */
function Locked({ unlock }: { unlock: () => void }) {
  const { stepUp } = useMessages();
  return (
    <section className="mx-auto grid max-w-xl justify-items-start gap-3 rounded-card border border-line bg-card p-5">
      <h2 className="flex items-center gap-2 text-large font-semibold">
        <LockKeyhole aria-hidden size={20} />
        {stepUp.locked}
      </h2>
      <p className="text-soft">{stepUp.why}</p>
      <Button look="main" onClick={unlock}>
        {stepUp.unlock}
      </Button>
    </section>
  );
}
