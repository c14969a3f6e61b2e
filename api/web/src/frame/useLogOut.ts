import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { flushSync } from "react-dom";
import { isStatus } from "../api/problem";
import { logOut, me } from "../api/session";
import { Observable } from "../observable/Observable";
import { useReport } from "../ui/useReport";

/** Whether the session is being ended: nothing is shown or asked for meanwhile. */
export const isLeaving = new Observable(false);

/**
 * Ends the session. Nothing may be under way in its name once it is gone: it would be refused, and look like a fault. So
 * the desk goes first, with its feed and its questions, and comes back if the server does not answer.
 */
export function useLogOut(): () => void {
  const queries = useQueryClient();
  const report = useReport();
  return useCallback(() => {
    const leave = async () => {
      flushSync(() => isLeaving.set(true));
      try {
        await queries.cancelQueries();
        await logOut();
        queries.setQueryData(me.queryKey, null);
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== me.queryKey[0] });
      } catch (error) {
        if (isStatus(error, 401)) queries.setQueryData(me.queryKey, null);
        else report(error);
      } finally {
        isLeaving.set(false);
      }
    };
    void leave();
  }, [queries, report]);
}
