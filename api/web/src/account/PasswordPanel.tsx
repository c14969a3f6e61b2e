import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changePassword, noticesKey, sessionsKey } from "../api/account";
import { fieldProblem } from "../api/problem";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { NewPasswordField } from "./NewPasswordField";

/** Another password; all other sessions end with the one before. */
export function PasswordPanel() {
  const { account } = useMessages();
  const { me } = useSite();
  const queries = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const changing = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      toasts.add({ title: account.passwordChanged });
      for (const queryKey of [sessionsKey, noticesKey]) void queries.invalidateQueries({ queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!changing.isPending) changing.mutate();
  };
  const weak = fieldProblem(changing.error, "new");
  return (
    <Panel title={account.password}>
      <form onSubmit={submit} className="grid max-w-sm gap-4">
        {/* For password managers: whose password it is. */}
        <input type="text" name="username" value={me.name} autoComplete="username" readOnly hidden />
        <TextField
          label={account.currentPassword}
          type="password"
          value={current}
          change={setCurrent}
          autoComplete="current-password"
          required
        />
        <NewPasswordField value={next} change={setNext} problem={weak} />
        <FormProblem error={weak ? null : changing.error} />
        <Button type="submit" className="justify-self-start" disabled={changing.isPending}>
          {account.changePassword}
        </Button>
      </form>
    </Panel>
  );
}
