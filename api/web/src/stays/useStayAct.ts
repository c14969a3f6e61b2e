import { useQueryClient } from "@tanstack/react-query";
import { statsKey } from "../api/stats";
import { stayKey, staysKey } from "../api/stays";
import { toasts } from "../ui/toastManager";

/** What follows an act on a stay: the stay, the lists and the numbers are read again. */
export function useStayAct(stay: string, said: string, close: () => void): () => void {
  const queries = useQueryClient();
  return () => {
    toasts.add({ title: said });
    void queries.invalidateQueries({ queryKey: [...stayKey, stay] });
    void queries.invalidateQueries({ queryKey: staysKey });
    void queries.invalidateQueries({ queryKey: statsKey });
    close();
  };
}
