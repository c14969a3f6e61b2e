import type { Amount } from "../api/schema.gen";
import { useMoney } from "./useMoney";

/** An amount, its figures under those above. */
export function Money({ amount }: { amount: Amount }) {
  return <span className="figures">{useMoney()(amount)}</span>;
}
