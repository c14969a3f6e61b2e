import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { CodeField } from "../account/CodeField";
import { ProblemError, isCode } from "../api/problem";
import { logIn, me } from "../api/session";
import { setupState } from "../api/setup";
import { useMessages } from "../i18n/CatalogueContext";
import { useProblemText } from "../i18n/useProblemText";
import { Button } from "../ui/Button";
import { PublicPage } from "../ui/PublicPage";
import { RequestId } from "../ui/RequestId";
import { TextField } from "../ui/TextField";

const OTP_NEEDED = "OTP-NEEDED";

/** Name and password, then a code where one is asked for; nothing of a site is shown before. */
export function LoginScreen() {
  const messages = useMessages();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tenant, setTenant] = useState<string | null>(null);
  const [isCodeAsked, setIsCodeAsked] = useState(false);
  const [otp, setOtp] = useState("");
  const login = useMutation({
    mutationFn: (given: { tenant: string | null; otp: string | null }) => logIn({ name, password, ...given }),
    onSuccess: (user) => queries.setQueryData(me.queryKey, user),
    onError: (error) => {
      if (isCode(error, OTP_NEEDED)) setIsCodeAsked(true);
      else if (isCode(error, "WRONG-LOGIN")) setIsCodeAsked(false);
    },
  });
  const send = (company: string | null) => {
    setTenant(company);
    if (!login.isPending) login.mutate({ tenant: company, otp: isCodeAsked ? otp.trim() : null });
  };
  const error = login.error && !(isCodeAsked && isCode(login.error, OTP_NEEDED)) ? login.error : null;
  const shown = error && <LoginError error={error} choose={send} />;
  const back = () => {
    setIsCodeAsked(false);
    setOtp("");
    login.reset();
  };
  return (
    <PublicPage>
      {isCodeAsked ? (
        <CodeForm otp={otp} setOtp={setOtp} isPending={login.isPending} submit={() => send(tenant)} back={back} error={shown} />
      ) : (
        <LoginForm isPending={login.isPending} submit={() => send(null)} error={shown}>
          <NameFields name={name} setName={setName} password={password} setPassword={setPassword} />
        </LoginForm>
      )}
      <SetupHint text={messages.login.notSetUp} />
    </PublicPage>
  );
}

interface FormProps {
  isPending: boolean;
  submit: () => void;
  error: ReactNode;
  children: ReactNode;
}

function LoginForm({ isPending, submit, error, children }: FormProps) {
  const { login } = useMessages();
  const send = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form onSubmit={send} className="grid gap-4">
      <h2 className="text-large font-semibold">{login.title}</h2>
      {children}
      <div role="alert" className="empty:hidden">
        {error}
      </div>
      <Button type="submit" look="main" disabled={isPending}>
        {isPending ? login.working : login.submit}
      </Button>
    </form>
  );
}

interface NameProps {
  name: string;
  setName: (name: string) => void;
  password: string;
  setPassword: (password: string) => void;
}

function NameFields({ name, setName, password, setPassword }: NameProps) {
  const { login } = useMessages();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <>
      <TextField
        ref={field}
        label={login.name}
        value={name}
        change={setName}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <TextField
        label={login.password}
        type="password"
        value={password}
        change={setPassword}
        autoComplete="current-password"
        required
      />
    </>
  );
}

interface CodeProps {
  otp: string;
  setOtp: (otp: string) => void;
  isPending: boolean;
  submit: () => void;
  back: () => void;
  error: ReactNode;
}

/** The second step: the password was right. */
function CodeForm({ otp, setOtp, isPending, submit, back, error }: CodeProps) {
  const messages = useMessages();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <LoginForm isPending={isPending} submit={submit} error={error}>
      <CodeField value={otp} change={setOtp} mayRecover fieldRef={field} />
      <Button look="quiet" className="justify-self-start" onClick={back}>
        {messages.back}
      </Button>
    </LoginForm>
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

/** On an installation where nobody can log in yet. */
function SetupHint({ text }: { text: string }) {
  const { data } = useQuery(setupState);
  return data?.needed ? <p className="mt-4 rounded-control bg-charge-ground px-3 py-2 text-charge">{text}</p> : null;
}
