import { createContext, use, useSyncExternalStore } from "react";
import type { Me } from "../api/schema.gen";
import type { SiteStore, SiteView } from "./SiteStore";

type Site = Me["sites"][number];

export interface CurrentSite {
  me: Me;
  /** The one this screen shows. */
  site: Site;
  store: SiteStore;
}

export const SiteContext = createContext<CurrentSite | null>(null);

export function useSite(): CurrentSite {
  const current = use(SiteContext);
  if (!current) throw new Error("no site above this component");
  return current;
}

/** A part of what the feed said; the component is drawn again only when that part changes. */
export function useFeed<T>(part: (view: SiteView) => T): T {
  const { store } = useSite();
  return useSyncExternalStore(store.subscribe, () => part(store.view()));
}

/** Whether the server can be asked to do something now. */
export function useIsConnected(): boolean {
  return useFeed((view) => view.link.kind === "live" || view.link.kind === "behind");
}
