import { useEffect, useState } from "react";

/** A timer for more than 24.8 days goes off at once. */
const LONGEST = 86_400_000;

/** Whether a moment still lies ahead; the component is drawn again once it has passed. */
export function useIsBefore(moment: number): boolean {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const rest = moment - Date.now();
      timer = rest > 0 ? setTimeout(wait, Math.min(rest, LONGEST)) : setTimeout(() => setPassed(moment));
    };
    wait();
    return () => clearTimeout(timer);
  }, [moment]);
  return passed < moment;
}
