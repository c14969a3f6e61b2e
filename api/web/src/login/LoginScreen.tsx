import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { ProblemError } from "../api/problem";
import { logIn, me } from "../api/session";
import { useCatalogue } from "../i18n/CatalogueContext";
import { LANGUAGES, type Language } from "../i18n/language";
import { useProblemText } from "../i18n/useProblemText";
import { Button } from "../ui/Button";
import { RequestId } from "../ui/RequestId";

const FIELD = "min-h-11 rounded-control border border-strong-line bg-card px-3";

/** Name and password; nothing of a site is shown before. */
export function LoginScreen() {
  const { messages } = useCatalogue();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const nameField = useRef<HTMLInputElement>(null);
  const ids = { name: useId(), password: useId(), error: useId() };
  const login = useMutation({
    mutationFn: (tenant: string | null) => logIn(name, password, tenant),
    onSuccess: (user) => queries.setQueryData(me.queryKey, user),
  });
  useEffect(() => nameField.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!login.isPending) login.mutate(null);
  };
  return (
    <main className="grid min-h-dvh content-center justify-items-center gap-6 p-4">
      <title>Boomgate</title>
      <h1 className="flex items-center gap-3 text-title font-semibold">
        <img src="/icon.svg" alt="" width={40} height={40} />
        {messages.app}
      </h1>
      <form onSubmit={submit} className="grid w-full max-w-sm gap-4 rounded-card border border-line bg-card p-6">
        <h2 className="text-large font-semibold">{messages.login.title}</h2>
        <div className="grid gap-1">
          <label htmlFor={ids.name} className="font-medium">
            {messages.login.name}
          </label>
          <input
            id={ids.name}
            ref={nameField}
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            className={FIELD}
          />
        </div>
        <div className="grid gap-1">
          <label htmlFor={ids.password} className="font-medium">
            {messages.login.password}
          </label>
          <input
            id={ids.password}
            type="password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            autoComplete="current-password"
            required
            aria-describedby={ids.error}
            className={FIELD}
          />
        </div>
        <div id={ids.error} role="alert" className="empty:hidden">
          {login.error && <LoginError error={login.error} choose={login.mutate} />}
        </div>
        <Button type="submit" look="main" disabled={login.isPending}>
          {login.isPending ? messages.login.working : messages.login.submit}
        </Button>
      </form>
      <LanguageChoice />
    </main>
  );
}

/** Why not; or which of several companies it should be. */
function LoginError({ error, choose }: { error: Error; choose: (tenant: string) => void }) {
  const text = useProblemText();
  if (!(error instanceof ProblemError)) return <p className="text-deny">{text(error)}</p>;
  return (
    <>
      <p className="font-medium text-deny">{text(error)}</p>
      {error.choices.map(({ id, name }) => (
        <Button key={id} className="mt-2 w-full" onClick={() => choose(id)}>
          {name}
        </Button>
      ))}
      {error.status >= 500 && error.requestId && <RequestId id={error.requestId} />}
    </>
  );
}

function LanguageChoice() {
  const { messages, language, setLanguage } = useCatalogue();
  return (
    <select
      aria-label={messages.login.language}
      value={language}
      onChange={(event) => setLanguage(event.target.value as Language)}
      className="min-h-11 rounded-control border border-strong-line bg-card px-2"
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
