import { useEffect, useState } from "react";

/** Whether a moment still lies ahead; the component is drawn again once it has passed. */
export function useIsBefore(moment: number): boolean {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const rest = moment - Date.now();
    const timer = setTimeout(() => setPassed(moment), Math.max(0, rest));
    return () => clearTimeout(timer);
  }, [moment]);
  return passed < moment;
}
