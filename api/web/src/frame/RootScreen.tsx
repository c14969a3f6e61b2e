import { useQuery } from "@tanstack/react-query";
import { Outlet, useRouterState, useSearch } from "@tanstack/react-router";
import { Suspense } from "react";
import { StepUpDialog } from "../account/StepUpDialog";
import { me as meQuery } from "../api/session";
import type { Me } from "../api/schema.gen";
import { SiteProvider } from "../feed/SiteProvider";
import { useMessages } from "../i18n/CatalogueContext";
import { LoginScreen } from "../login/LoginScreen";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { useObservable } from "../ui/Observable";
import { ProblemPanel } from "../ui/ProblemPanel";
import { Frame } from "./Frame";
import { isLeaving, useLogOut } from "./useLogOut";

/** Pages for whoever has a link; nobody need be logged in. */
const PUBLIC: readonly string[] = ["/join", "/setup"];

/** The login, or the frame for whoever is logged in, at the site the address names. */
export function RootScreen() {
  const { site: wanted } = useSearch({ from: "__root__" });
  const { data: me, error, refetch } = useQuery(meQuery);
  const leaving = useObservable(isLeaving);
  const isPublic = useRouterState({ select: ({ location }) => PUBLIC.includes(location.pathname) });
  if (isPublic) {
    return (
      <Suspense>
        <Outlet />
      </Suspense>
    );
  }
  if (leaving) return null;
  if (me === null) return <LoginScreen />;
  if (!me) {
    return error ? (
      <main className="p-4">
        <ProblemPanel error={error} retry={() => void refetch()} />
      </main>
    ) : null;
  }
  const site = me.sites.find(({ code }) => code === wanted) ?? me.sites[0];
  if (!site) return <NoSite me={me} />;
  return (
    <SiteProvider key={site.id} me={me} site={site}>
      <Frame />
      <StepUpDialog />
    </SiteProvider>
  );
}

function NoSite({ me }: { me: Me }) {
  const messages = useMessages();
  const logOut = useLogOut();
  return (
    <main>
      <EmptyState as="h1" title={messages.lanes.noSite}>
        <p>{messages.lanes.askAdmin.replace("NAME", me.name)}</p>
        <Button className="mt-4" onClick={logOut}>
          {messages.login.out}
        </Button>
      </EmptyState>
    </main>
  );
}
