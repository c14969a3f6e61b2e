import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblem } from "../api/problem";
import type { ValidationBenefit } from "../api/schema.gen";
import { makeCode, validationsKey } from "../api/validations";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { currencyDigits } from "../money/formatMoney";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";
import { instantOf } from "../ui/zonedTime";
import { minorOfText } from "./draftFields";

type Kind = ValidationBenefit["kind"];
const KINDS: readonly Kind[] = ["free_time", "amount", "percent", "prepaid"];
const FIELDS = ["code", "label", "benefit", "most_off", "max_uses", "valid_until"] as const;

function benefitOf(kind: Kind, text: string, digits: number): ValidationBenefit {
  switch (kind) {
    case "amount":
      return { kind, minor: minorOfText(text, digits) ?? 0 };
    case "percent":
      return { kind, percent: Math.min(255, Number(text) || 0) };
    case "free_time":
    case "prepaid":
      return { kind, minutes: Number(text) || 0 };
  }
}

/** Makes a code; what the server finds wrong stands beside its field. */
export function NewCodeDialog({ close }: { close: () => void }) {
  const { validations, ...messages } = useMessages();
  const { site } = useSite();
  const queries = useQueryClient();
  const digits = currencyDigits(site.currency);
  const [code, setCode] = useState("");
  const [label, setLabel] = useState("");
  const [kind, setKind] = useState<Kind>("free_time");
  const [worth, setWorth] = useState("");
  const [mostOff, setMostOff] = useState("");
  const [maxUses, setMaxUses] = useState("");
  const [until, setUntil] = useState("");
  const end = until ? instantOf(until, site.time_zone) : null;
  const making = useMutation({
    mutationFn: () =>
      makeCode({
        site: site.id,
        code: code.trim() || null,
        label: label.trim(),
        benefit: benefitOf(kind, worth, digits),
        most_off: mostOff.trim() === "" ? null : (minorOfText(mostOff, digits) ?? 0),
        max_uses: maxUses === "" ? null : Number(maxUses),
        valid_until: end === null ? null : new Date(end).toISOString(),
      }),
    onSuccess: (made) => {
      toasts.add({ title: validations.made(made.code) });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: validationsKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!making.isPending) making.mutate();
  };
  const problem = (field: string) => fieldProblem(making.error, field);
  const worthLabel = { amount: `${validations.amount} (${site.currency})`, percent: validations.percent, free_time: validations.minutes, prepaid: validations.minutes }[kind];
  return (
    <Modal title={validations.newCode} isOpen close={close}>
      <form onSubmit={submit} className="grid gap-4">
        <TextField label={validations.label} value={label} change={setLabel} maxLength={100} autoComplete="off" required problem={problem("label")} />
        <div className="grid gap-4 phone:grid-cols-2">
          <SelectField label={validations.kind} value={kind} change={(value) => setKind(KINDS.find((one) => one === value) ?? "free_time")}>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {validations.kinds[one]}
              </option>
            ))}
          </SelectField>
          <TextField
            label={worthLabel}
            value={worth}
            change={setWorth}
            inputMode={kind === "amount" ? "decimal" : "numeric"}
            maxLength={12}
            autoComplete="off"
            required
            problem={problem("benefit")}
          />
          <TextField
            label={validations.maxUses}
            hint={validations.maxUsesHint}
            value={maxUses}
            change={(text) => setMaxUses(text.replace(/\D/g, ""))}
            inputMode="numeric"
            maxLength={7}
            autoComplete="off"
            problem={problem("max_uses")}
          />
          <TextField
            label={`${validations.mostOff} (${site.currency})`}
            value={mostOff}
            change={setMostOff}
            inputMode="decimal"
            maxLength={12}
            autoComplete="off"
            problem={problem("most_off")}
          />
        </div>
        <TextField
          label={validations.validUntil}
          hint={validations.validUntilHint}
          type="datetime-local"
          value={until}
          change={setUntil}
          problem={problem("valid_until")}
        />
        <TextField
          label={validations.code}
          hint={validations.codeHint}
          value={code}
          change={(text) => setCode(text.toUpperCase())}
          maxLength={32}
          autoComplete="off"
          problem={problem("code")}
        />
        <FormProblem error={FIELDS.some(problem) ? null : making.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{messages.cancel}</Button>
          <Button type="submit" look="main" disabled={making.isPending || label.trim() === "" || worth.trim() === ""}>
            {validations.make}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
