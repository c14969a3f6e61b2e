import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo } from "react";
import type { Me } from "../api/schema.gen";
import { fetchMe, me as meQuery } from "../api/session";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "../ui/toastManager";
import { LiveFeed } from "./LiveFeed";
import { Refresher } from "./Refresher";
import { SiteContext } from "./SiteContext";
import { SiteStore } from "./SiteStore";

/** Follows one site for what stands below. Give it the site's id as key: another site begins anew. */
export function SiteProvider({ me, site, children }: { me: Me; site: Me["sites"][number]; children: ReactNode }) {
  const queries = useQueryClient();
  const messages = useMessages();
  const refresher = useMemo(() => new Refresher(queries), [queries]);
  const store = useMemo(() => new SiteStore((events) => refresher.happened(events)), [refresher]);

  useEffect(() => {
    const isLoggedIn = async () => {
      const user = await fetchMe();
      if (!user) queries.setQueryData(meQuery.queryKey, null);
      return user !== null;
    };
    const listener = {
      link: (link: Parameters<typeof store.setLink>[0]) => store.setLink(link),
      event: (event: Parameters<typeof store.add>[0], isPast: boolean) => store.add(event, isPast),
      missed: () => void toasts.add({ title: messages.link.missed }),
    };
    const feed = new LiveFeed(site.id, listener, isLoggedIn);
    feed.start();
    return () => {
      feed.stop();
      store.stop();
      refresher.stop();
    };
    // A change of language must not break the line.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [site.id, store, refresher, queries]);

  const value = useMemo(() => ({ me, site, store }), [me, site, store]);
  return <SiteContext value={value}>{children}</SiteContext>;
}
