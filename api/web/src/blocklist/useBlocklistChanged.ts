import { useQueryClient } from "@tanstack/react-query";
import { blocklistKey } from "../api/blocklist";

/** Reads everything of the blocklist again. */
export function useBlocklistChanged(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: blocklistKey });
}
