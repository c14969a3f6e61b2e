import { useQueryClient } from "@tanstack/react-query";
import { passbackKey, plansKey, subscriptionsKey } from "../api/subscriptions";

/** Reads subscriptions, plans and passback again. */
export function useSubscriptionsChanged(): () => void {
  const queries = useQueryClient();
  return () => {
    for (const queryKey of [subscriptionsKey, plansKey, passbackKey]) void queries.invalidateQueries({ queryKey });
  };
}
