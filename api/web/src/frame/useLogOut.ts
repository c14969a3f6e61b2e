import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { logOut, me } from "../api/session";
import { useReport } from "../ui/useReport";

/**
 * Ends the session. Nothing may be under way in its name once it is gone: it would be refused, and look like a fault. So
 * the desk goes first, with its feed and its questions.
 */
export function useLogOut(): () => void {
  const queries = useQueryClient();
  const report = useReport();
  return useCallback(() => {
    const leave = async () => {
      const user = queries.getQueryData(me.queryKey);
      queries.setQueryData(me.queryKey, null);
      await queries.cancelQueries();
      try {
        await logOut();
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== me.queryKey[0] });
      } catch (error) {
        queries.setQueryData(me.queryKey, user);
        report(error);
      }
    };
    void leave();
  }, [queries, report]);
}
