import { CSPProvider } from "@base-ui/react/csp-provider";
import { Toast } from "@base-ui/react/toast";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ProblemError, isSessionOver } from "./api/problem";
import { me } from "./api/session";
import "./app.css";
import { CatalogueProvider } from "./i18n/CatalogueProvider";
import { currentLanguage, loadCatalogue } from "./i18n/language";
import { router } from "./router";
import { Toasts } from "./ui/Toasts";
import { applySettings, settings } from "./ui/settings";
import { toasts } from "./ui/toastManager";

const MOST_TRIES = 2;

/** A session that is over shows the login, whatever asked. */
function onError(error: unknown): void {
  if (isSessionOver(error) && queries.getQueryData(me.queryKey)) queries.setQueryData(me.queryKey, null);
}

const queries = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again.
      retry: (tries, error) => !(error instanceof ProblemError && error.status < 500) && tries < MOST_TRIES,
      refetchOnWindowFocus: false,
      networkMode: "always",
      staleTime: 2_000,
    },
    mutations: { networkMode: "always" },
  },
});

applySettings(settings.get());
const place = document.getElementById("app");
if (!place) throw new Error("index.html has no place for the app");
// Both at once: the texts, and who sits here.
void queries.prefetchQuery(me);
const catalogue = await loadCatalogue(currentLanguage());

createRoot(place).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <CatalogueProvider first={catalogue}>
        <QueryClientProvider client={queries}>
          <Toast.Provider toastManager={toasts} timeout={6_000}>
            <RouterProvider router={router} />
            <Toasts />
          </Toast.Provider>
        </QueryClientProvider>
      </CatalogueProvider>
    </CSPProvider>
  </StrictMode>,
);
