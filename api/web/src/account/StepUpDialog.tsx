import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { stepUp } from "../api/account";
import { answerStepUp, isStepUpAsked } from "../api/stepUp";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { useObservable } from "../ui/Observable";
import { TextField } from "../ui/TextField";

/** Asks for the password again when the server wants it, whoever asked for what; then that goes on by itself. */
export function StepUpDialog() {
  return useObservable(isStepUpAsked) ? <Question /> : null;
}

function Question() {
  const messages = useMessages();
  const { stepUp: texts } = messages;
  const [password, setPassword] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const proof = useMutation({
    mutationFn: () => stepUp(password),
    onSuccess: () => answerStepUp(true),
    onError: () => field.current?.select(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The dialog lies over other forms of the page in React's tree.
    event.stopPropagation();
    if (!proof.isPending) proof.mutate();
  };
  return (
    <Modal title={texts.title} description={texts.why} isOpen isOnTop close={() => answerStepUp(false)} initialFocus={field}>
      <form onSubmit={submit} className="grid gap-4" data-step-up>
        <TextField
          ref={field}
          label={texts.password}
          type="password"
          value={password}
          change={setPassword}
          autoComplete="current-password"
          required
        />
        <FormProblem error={proof.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => answerStepUp(false)}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={proof.isPending}>
            {texts.submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
