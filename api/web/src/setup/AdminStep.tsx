import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { CodeField } from "../account/CodeField";
import { NewPasswordField } from "../account/NewPasswordField";
import { TotpSecretView } from "../account/TotpSecretView";
import { ProblemError, fieldProblem } from "../api/problem";
import type { SetupAnswer, TotpSecret } from "../api/schema.gen";
import { proposeSetupTotp, setUp } from "../api/setup";
import { useMessages } from "../i18n/CatalogueContext";
import { currencyDigits } from "../money/formatMoney";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { TextField } from "../ui/TextField";
import { setupOf } from "./draft";
import type { StepProps } from "./stepProps";

interface Props extends StepProps {
  token: string;
  back: (() => void) | null;
  done: (answer: SetupAnswer) => void;
}

/** The first admin. It comes last: a code of the app is good for half a minute, and the password is kept nowhere. */
export function AdminStep({ token, draft, change, back, done }: Props) {
  const { setup, ...messages } = useMessages();
  const [password, setPassword] = useState("");
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const [otp, setOtp] = useState("");
  const { admin } = draft;
  const making = useMutation({
    mutationFn: () => {
      const totp = secret ? { secret: secret.secret, otp: otp.trim() } : null;
      return setUp(setupOf(draft, { token, password, totp }, currencyDigits(draft.site.currency)));
    },
    onSuccess: done,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!making.isPending) making.mutate();
  };
  const problem = (field: string) => fieldProblem(making.error, field);
  const isHere = making.error instanceof ProblemError && ["admin.name", "admin.email", "admin.password"].some(problem);
  return (
    <form onSubmit={submit} className="grid gap-5">
      <div>
        <h2 className="text-large font-semibold">{setup.adminTitle}</h2>
        <p className="text-soft">{setup.adminHint}</p>
      </div>
      <div className="grid gap-4 phone:grid-cols-2">
        <TextField
          label={messages.login.name}
          value={admin.name}
          change={(name) => change({ admin: { ...admin, name } })}
          maxLength={100}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          problem={problem("admin.name")}
        />
        <TextField
          label={messages.people.email}
          hint={messages.people.emailHint}
          type="email"
          value={admin.email}
          change={(email) => change({ admin: { ...admin, email } })}
          maxLength={254}
          autoComplete="email"
          problem={problem("admin.email")}
        />
      </div>
      <NewPasswordField value={password} change={setPassword} problem={problem("admin.password")} />
      <SecondFactor token={token} name={admin.name.trim()} secret={secret} setSecret={setSecret}>
        <CodeField value={otp} change={setOtp} />
      </SecondFactor>
      <FormProblem error={isHere ? null : making.error} />
      <div className="flex justify-between gap-2">
        {back ? <Button onClick={back}>{messages.back}</Button> : <span />}
        <Button type="submit" look="main" disabled={making.isPending}>
          {setup.finish}
        </Button>
      </div>
    </form>
  );
}

interface FactorProps {
  token: string;
  name: string;
  secret: TotpSecret | null;
  setSecret: (secret: TotpSecret | null) => void;
  children: ReactNode;
}

/** Recommended, and can be done later in one's account. */
function SecondFactor({ token, name, secret, setSecret, children }: FactorProps) {
  const { setup, otp } = useMessages();
  const proposing = useMutation({ mutationFn: () => proposeSetupTotp(token, name), onSuccess: setSecret });
  return (
    <fieldset className="grid gap-3 rounded-control border border-line p-4">
      <legend className="px-1 font-medium">{otp.title}</legend>
      <p className="text-small text-soft">{otp.hint}</p>
      {secret ? (
        <>
          <TotpSecretView secret={secret} />
          {children}
          <Button look="quiet" className="justify-self-start" onClick={() => setSecret(null)}>
            {setup.withoutCodes}
          </Button>
        </>
      ) : (
        <Button className="justify-self-start" disabled={name === "" || proposing.isPending} onClick={() => proposing.mutate()}>
          {setup.withCodes}
        </Button>
      )}
      <FormProblem error={proposing.error} />
    </fieldset>
  );
}
