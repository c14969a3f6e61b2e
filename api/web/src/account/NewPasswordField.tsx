import { useMessages } from "../i18n/CatalogueContext";
import { TextField } from "../ui/TextField";

/** As the server demands it; what is easily guessed it refuses, whatever its length. */
const SHORTEST = 10;
const LONGEST = 200;

interface Props {
  value: string;
  change: (value: string) => void;
  problem: string | null;
}

/** A password that somebody chooses. */
export function NewPasswordField({ value, change, problem }: Props) {
  const { account } = useMessages();
  return (
    <TextField
      label={account.newPassword}
      hint={account.newPasswordHint}
      type="password"
      value={value}
      change={change}
      autoComplete="new-password"
      minLength={SHORTEST}
      maxLength={LONGEST}
      required
      problem={problem}
    />
  );
}
