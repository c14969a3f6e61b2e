import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { beginTotp, confirmTotp } from "../api/account";
import { fieldProblem } from "../api/problem";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { CodeField } from "./CodeField";
import { RecoveryCodeList } from "./RecoveryCodeList";
import { TotpSecretView } from "./TotpSecretView";

/** Turns one-time codes on: a secret for the app, a code of it, and recovery codes to keep. */
export function TotpDialog({ close }: { close: () => void }) {
  const { otp } = useMessages();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  return (
    <Modal title={codes ? otp.recoveryTitle : otp.turnOn} description={codes ? otp.recoveryWhy : otp.turnOnHint} isOpen close={close}>
      {codes ? <RecoveryCodeList codes={codes} done={close} /> : <SecretForm confirmed={setCodes} close={close} />}
    </Modal>
  );
}

function SecretForm({ confirmed, close }: { confirmed: (codes: readonly string[]) => void; close: () => void }) {
  const { otp, ...messages } = useMessages();
  const [code, setCode] = useState("");
  // Each time the dialog opens there is another secret.
  const { data: secret, error } = useQuery({
    queryKey: ["totp"],
    queryFn: beginTotp,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const confirming = useMutation({ mutationFn: () => confirmTotp(code.trim()), onSuccess: confirmed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!confirming.isPending) confirming.mutate();
  };
  if (!secret) return error ? <FormProblem error={error} /> : <p className="text-soft">{messages.loading}</p>;
  const wrong = fieldProblem(confirming.error, "otp");
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TotpSecretView secret={secret} />
      <CodeField value={code} change={setCode} problem={wrong} />
      <FormProblem error={wrong ? null : confirming.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={close}>{messages.cancel}</Button>
        <Button type="submit" look="main" disabled={confirming.isPending}>
          {otp.turnOn}
        </Button>
      </div>
    </form>
  );
}
