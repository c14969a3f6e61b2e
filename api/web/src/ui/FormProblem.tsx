import { ProblemError } from "../api/problem";
import { useProblemText } from "../i18n/useProblemText";
import { RequestId } from "./RequestId";

/** Why a form was not taken, in the form itself. What belongs to one field stands there, too. */
export function FormProblem({ error }: { error: unknown }) {
  const text = useProblemText();
  return (
    <div role="alert" className="empty:hidden">
      {error !== null && error !== undefined && (
        <div className="rounded-control border-l-4 border-deny bg-deny-ground px-3 py-2">
          <p className="font-medium text-deny">{text(error)}</p>
          {error instanceof ProblemError && error.requestId && <RequestId id={error.requestId} />}
        </div>
      )}
    </div>
  );
}
