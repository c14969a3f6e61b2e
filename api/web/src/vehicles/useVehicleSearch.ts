import { useEffect, useRef, useState } from "react";
import { type Found, LiveSearch } from "./LiveSearch";

/** What fits what was typed; what was found before stays until the answer is here. One component asks of one site. */
export function useVehicleSearch(site: string, q: string): { found: Found | null; error: unknown } {
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<unknown>(null);
  const search = useRef<LiveSearch | null>(null);
  useEffect(() => {
    const opened = new LiveSearch(
      site,
      (answer) => {
        setFound(answer);
        setError(null);
      },
      setError,
    );
    search.current = opened;
    return () => opened.close();
  }, [site]);
  useEffect(() => {
    if (q.trim()) search.current?.ask(q);
  }, [q]);
  return { found: q.trim() ? found : null, error: q.trim() ? error : null };
}
