import { type RefObject, useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { TextField } from "../ui/TextField";

interface Props {
  value: string;
  change: (value: string) => void;
  /** Whether a recovery code does as well. */
  mayRecover?: boolean;
  problem?: string | null;
  fieldRef?: RefObject<HTMLInputElement | null>;
}

/** Six digits of an authenticator app; or a recovery code, for whoever has lost the phone. */
export function CodeField({ value, change, mayRecover = false, problem, fieldRef }: Props) {
  const { otp } = useMessages();
  const [isRecovery, setIsRecovery] = useState(false);
  const swap = () => {
    setIsRecovery(!isRecovery);
    change("");
  };
  return (
    <div className="grid justify-items-start gap-1">
      <TextField
        ref={fieldRef ?? null}
        label={isRecovery ? otp.recoveryCode : otp.code}
        hint={isRecovery ? otp.recoveryHint : otp.codeHint}
        value={value}
        change={change}
        inputMode={isRecovery ? "text" : "numeric"}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={40}
        required
        problem={problem}
        className="w-full"
      />
      {mayRecover && (
        <button type="button" onClick={swap} className="min-h-11 text-small text-accent underline">
          {isRecovery ? otp.useApp : otp.useRecovery}
        </button>
      )}
    </div>
  );
}
