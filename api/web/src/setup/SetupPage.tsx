import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { RecoveryCodeList } from "../account/RecoveryCodeList";
import { isStatus } from "../api/problem";
import type { SetupAnswer } from "../api/schema.gen";
import { me } from "../api/session";
import { setupOptions } from "../api/setup";
import { useMessages } from "../i18n/CatalogueContext";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { PublicPage } from "../ui/PublicPage";
import { SetupWizard } from "./SetupWizard";

const route = getRouteApi("/setup");

/** The first run, at the address that the server printed: `/setup#TOKEN`. */
export function SetupPage() {
  const token = useRouterState({ select: ({ location }) => location.hash });
  return (
    <PublicPage isWide>
      <Setup key={token} token={token} />
    </PublicPage>
  );
}

function Setup({ token }: { token: string }) {
  const { setup, ...messages } = useMessages();
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery({ ...setupOptions(token), enabled: token !== "" });
  const [made, setMade] = useState<SetupAnswer | null>(null);
  const enter = ({ user }: SetupAnswer) => {
    queries.setQueryData(me.queryKey, user);
    void navigate({ to: "/live", search: {}, hash: "" });
  };
  const done = (answer: SetupAnswer) => {
    queries.removeQueries({ queryKey: ["setup"] });
    if (answer.recovery_codes.length > 0) setMade(answer);
    else enter(answer);
  };
  if (made) {
    return (
      <section className="grid gap-4">
        <h2 className="text-large font-semibold">{messages.otp.recoveryTitle}</h2>
        <p className="text-soft">{messages.otp.recoveryWhy}</p>
        <RecoveryCodeList codes={made.recovery_codes} done={() => enter(made)} />
      </section>
    );
  }
  if (token === "" || isStatus(error, 404)) {
    return (
      <EmptyState title={setup.gone}>
        <p>{setup.goneHint}</p>
        <code className="mt-2 inline-block rounded-control bg-raised px-3 py-2 font-plate">boomgate setup link</code>
      </EmptyState>
    );
  }
  if (data) return <SetupWizard token={token} options={data} done={done} />;
  return error ? <ProblemPanel error={error} retry={() => void refetch()} /> : <p className="text-soft">{messages.loading}</p>;
}
