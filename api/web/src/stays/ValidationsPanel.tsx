import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { lanesKey } from "../api/lanes";
import type { OneStay, StayValidation } from "../api/schema.gen";
import { may } from "../api/session";
import { stayKey } from "../api/stays";
import { redeemCode, takeBack } from "../api/validations";
import { Time } from "../clock/Time";
import { useIsConnected, useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { useBenefitText } from "../tariffs/useBenefitText";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";

/** What was redeemed for a stay; while it is open, one more code can be. */
export function ValidationsPanel({ stay }: { stay: OneStay }) {
  const { validations } = useMessages();
  const { site } = useSite();
  const mayRedeem = stay.status === "open" && may(site, "validations:redeem");
  if (stay.validations.length === 0 && !mayRedeem) return null;
  return (
    <Panel title={validations.title}>
      <ul className="grid gap-2">
        {stay.validations.map((one) => (
          <Redeemed key={one.id} stay={stay} validation={one} mayTakeBack={mayRedeem} />
        ))}
      </ul>
      {mayRedeem && <RedeemForm stay={stay} />}
    </Panel>
  );
}

function useShow() {
  const queries = useQueryClient();
  return (stay: OneStay, title: string) => {
    queries.setQueryData([...stayKey, stay.id], stay);
    void queries.invalidateQueries({ queryKey: lanesKey });
    toasts.add({ title });
  };
}

function RedeemForm({ stay }: { stay: OneStay }) {
  const { validations } = useMessages();
  const isConnected = useIsConnected();
  const show = useShow();
  const [code, setCode] = useState("");
  const redeeming = useMutation({
    mutationFn: () => redeemCode(stay.id, code.trim()),
    onSuccess: (after) => {
      setCode("");
      show(after, validations.redeemed);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!redeeming.isPending) redeeming.mutate();
  };
  return (
    <form onSubmit={submit} className="mt-3 grid gap-2" data-redeem>
      <div className="flex flex-wrap items-end gap-2">
        <TextField
          label={validations.code}
          value={code}
          change={(text) => setCode(text.toUpperCase())}
          maxLength={32}
          autoComplete="off"
          className="min-w-0 flex-1"
        />
        <Button type="submit" disabled={!isConnected || redeeming.isPending || code.trim().length < 4}>
          {validations.redeem}
        </Button>
      </div>
      <FormProblem error={redeeming.error} />
    </form>
  );
}

function Redeemed({ stay, validation, mayTakeBack }: { stay: OneStay; validation: StayValidation; mayTakeBack: boolean }) {
  const { validations } = useMessages();
  const { site } = useSite();
  const benefitText = useBenefitText();
  const show = useShow();
  const back = useMutation({
    mutationFn: () => takeBack(stay.id, validation.id),
    onSuccess: (after) => show(after, validations.takenBack),
  });
  const { cancelled_at: cancelledAt, cancelled_by: cancelledBy } = validation;
  return (
    <li className="grid gap-1" data-validation={validation.code}>
      <div className="flex flex-wrap items-center gap-x-3">
        <span className={`font-plate font-semibold ${cancelledAt ? "line-through" : ""}`}>{validation.code}</span>
        <span>{benefitText(validation.benefit, site.currency)}</span>
        <span className="text-small wrap-anywhere text-soft">{validation.label}</span>
        {!cancelledAt && mayTakeBack && (
          <Button look="quiet" className="ml-auto" disabled={back.isPending} aria-label={validations.backOf(validation.code)} onClick={() => back.mutate()}>
            {validations.back}
          </Button>
        )}
      </div>
      <p className="text-small text-soft">
        <Time at={validation.redeemed_at} /> {validations.by(validation.redeemed_by)}
        {cancelledAt && (
          <>
            , <Time at={cancelledAt} /> {validations.backBy(cancelledBy ?? "")}
          </>
        )}
      </p>
      <FormProblem error={back.error} />
    </li>
  );
}
