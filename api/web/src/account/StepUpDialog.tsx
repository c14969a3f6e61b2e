import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { stepUp } from "../api/account";
import { answerStepUp, isStepUpAsked } from "../api/stepUp";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { useObservable } from "../ui/Observable";
import { TextField } from "../ui/TextField";
import { CodeField } from "./CodeField";

/** Asks who one is again when the server wants it, whoever asked for what; then that goes on by itself. */
export function StepUpDialog() {
  return useObservable(isStepUpAsked) ? <Question /> : null;
}

function Question() {
  const messages = useMessages();
  const { stepUp: texts } = messages;
  const { me } = useSite();
  const [isByCode, setIsByCode] = useState(false);
  const [given, setGiven] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const proof = useMutation({
    mutationFn: () => stepUp(isByCode ? { otp: given.trim() } : { password: given }),
    onSuccess: () => answerStepUp(true),
    onError: () => field.current?.select(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The dialog lies over other forms of the page in React's tree.
    event.stopPropagation();
    if (!proof.isPending) proof.mutate();
  };
  const swap = () => {
    setIsByCode(!isByCode);
    setGiven("");
    proof.reset();
  };
  return (
    <Modal title={texts.title} description={texts.why} isOpen isOnTop close={() => answerStepUp(false)} initialFocus={field}>
      <form onSubmit={submit} className="grid gap-4" data-step-up>
        {isByCode ? (
          <CodeField value={given} change={setGiven} mayRecover fieldRef={field} />
        ) : (
          <TextField
            ref={field}
            label={texts.password}
            type="password"
            value={given}
            change={setGiven}
            autoComplete="current-password"
            required
          />
        )}
        <FormProblem error={proof.error} />
        <div className="flex flex-wrap items-center gap-2">
          {me.totp && (
            <Button look="quiet" onClick={swap}>
              {isByCode ? texts.byPassword : texts.byCode}
            </Button>
          )}
          <Button className="ml-auto" onClick={() => answerStepUp(false)}>
            {messages.cancel}
          </Button>
          <Button type="submit" look="main" disabled={proof.isPending}>
            {texts.submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
