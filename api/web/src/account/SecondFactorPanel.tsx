import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { noticesKey, removeTotp, renewRecoveryCodes } from "../api/account";
import { me as meQuery } from "../api/session";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Modal } from "../ui/Modal";
import { Panel } from "../ui/Panel";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";
import { RecoveryCodeList } from "./RecoveryCodeList";
import { TotpDialog } from "./TotpDialog";

/** So few recovery codes left are worth a word. */
const FEW = 3;

/** One-time codes beside the password: on, off, and the codes for the day the phone is lost. */
export function SecondFactorPanel() {
  const { otp } = useMessages();
  const { me } = useSite();
  const queries = useQueryClient();
  const report = useReport();
  const [open, setOpen] = useState<"on" | "off" | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const again = () => {
    for (const queryKey of [meQuery.queryKey, noticesKey]) void queries.invalidateQueries({ queryKey });
  };
  const renewing = useMutation({ mutationFn: renewRecoveryCodes, onSuccess: setCodes, onError: report, onSettled: again });
  const removing = useMutation({
    mutationFn: removeTotp,
    onSuccess: () => {
      toasts.add({ title: otp.removed });
      setOpen(null);
    },
    onSettled: again,
  });
  const close = () => {
    setOpen(null);
    setCodes(null);
    again();
  };
  return (
    <Panel title={otp.title} aside={<Badge tone={me.totp ? "good" : "plain"}>{me.totp ? otp.on : otp.off}</Badge>}>
      <p className="mb-3 text-small text-soft">{otp.hint}</p>
      {me.totp && (
        <p className={`mb-3 ${me.recovery_codes_left < FEW ? "font-medium text-charge" : ""}`}>{otp.left(me.recovery_codes_left)}</p>
      )}
      <div className="flex flex-wrap gap-2">
        {!me.totp && (
          <Button look="main" onClick={() => setOpen("on")}>
            {otp.turnOn}
          </Button>
        )}
        {me.totp && (
          <>
            <Button disabled={renewing.isPending} onClick={() => renewing.mutate()}>
              {otp.renew}
            </Button>
            <Button onClick={() => setOpen("off")}>{otp.turnOff}</Button>
          </>
        )}
      </div>
      {open === "on" && <TotpDialog close={close} />}
      {open === "off" && (
        <ConfirmDialog
          title={otp.turnOffTitle}
          action={otp.turnOff}
          isPending={removing.isPending}
          error={removing.error}
          confirm={() => removing.mutate()}
          close={close}
        >
          <p>{otp.turnOffHint}</p>
        </ConfirmDialog>
      )}
      {codes && (
        <Modal title={otp.recoveryTitle} description={otp.recoveryWhy} isOpen close={close}>
          <RecoveryCodeList codes={codes} done={close} />
        </Modal>
      )}
    </Panel>
  );
}
