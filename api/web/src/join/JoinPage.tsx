import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { NewPasswordField } from "../account/NewPasswordField";
import { link as linkQuery, redeemLink } from "../api/links";
import { fieldProblem, isStatus } from "../api/problem";
import type { LinkFound } from "../api/schema.gen";
import { useCatalogue, useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { FormProblem } from "../ui/FormProblem";
import { ProblemPanel } from "../ui/ProblemPanel";
import { PublicPage } from "../ui/PublicPage";

/** Where a link leads by which somebody chooses a password: `/join#TOKEN`. */
export function JoinPage() {
  const token = useRouterState({ select: ({ location }) => location.hash });
  return (
    <PublicPage>
      <Join key={token} token={token} />
    </PublicPage>
  );
}

function Join({ token }: { token: string }) {
  const messages = useMessages();
  const { data, error, refetch } = useQuery({ ...linkQuery(token), enabled: token !== "" });
  const [isDone, setIsDone] = useState(false);
  if (isDone) return <Notice title={messages.join.done} text={messages.join.doneHint} />;
  if (token === "" || isStatus(error, 404)) return <Notice title={messages.join.gone} text={messages.join.goneHint} />;
  if (data) return <PasswordForm token={token} found={data} done={() => setIsDone(true)} />;
  return error ? <ProblemPanel error={error} retry={() => void refetch()} /> : <p className="text-soft">{messages.loading}</p>;
}

function Notice({ title, text }: { title: string; text: string }): ReactNode {
  const { join } = useMessages();
  return (
    <EmptyState title={title}>
      <p>{text}</p>
      <Link to="/live" className="mt-2 inline-flex min-h-11 items-center text-accent underline">
        {join.toLogin}
      </Link>
    </EmptyState>
  );
}

function PasswordForm({ token, found, done }: { token: string; found: LinkFound; done: () => void }) {
  const { messages, language } = useCatalogue();
  const { join } = messages;
  const [password, setPassword] = useState("");
  const setting = useMutation({ mutationFn: () => redeemLink(token, password), onSuccess: done });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!setting.isPending) setting.mutate();
  };
  const weak = fieldProblem(setting.error, "password");
  // No site is known yet, so the time is the reader's.
  const until = new Date(found.expires_at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  return (
    <form onSubmit={submit} className="grid gap-4">
      <h2 className="text-large font-semibold">{found.kind === "invitation" ? join.invitation(found.company) : join.reset}</h2>
      <p>
        {join.asName} <b>{found.name}</b>
      </p>
      <input type="text" name="username" value={found.name} autoComplete="username" readOnly hidden />
      <NewPasswordField value={password} change={setPassword} problem={weak} />
      <FormProblem error={weak ? null : setting.error} />
      <Button type="submit" look="main" disabled={setting.isPending}>
        {join.submit}
      </Button>
      <p className="text-small text-soft">{join.until(until)}</p>
    </form>
  );
}
