// The app's addresses. What a screen filters and what is open in it stands in its address.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { isAlarmKind } from "./alarms/alarmKind";
import { ALARM_STATES } from "./api/alarms";
import { BLOCK_STATES } from "./api/blocklist";
import type { AlarmKind, AlarmState, BlockState } from "./api/schema.gen";
import { TICKET_FILTERS, type TicketFilter } from "./api/tickets";
import { type AuditSearch, isAuditAction } from "./audit/auditSearch";
import { STATES, type StayState } from "./api/stays";
import { SUBSCRIPTION_STATES, type SubscriptionFilterState } from "./api/subscriptions";
import { BLOCKLIST_VIEWS, type BlocklistView } from "./blocklist/blocklistViews";
import { BrokenScreen } from "./frame/BrokenScreen";
import { NotFound } from "./frame/NotFound";
import { RootScreen } from "./frame/RootScreen";
import { LiveScreen } from "./live/LiveScreen";
import { STEPS, type Step } from "./setup/draft";
import { SUBSCRIPTION_VIEWS, type SubscriptionView } from "./subscriptions/subscriptionViews";

type Search = Record<string, unknown>;

/** `name` of the search, where it is a text. */
function text<N extends string>(search: Search, name: N): { [name in N]?: string } {
  const value = search[name];
  return typeof value === "string" || typeof value === "number" ? ({ [name]: String(value) } as { [name in N]?: string }) : {};
}

type RootSearch = { site?: string };

const root = createRootRoute({
  validateSearch: (search: Search): RootSearch => text(search, "site"),
  search: { middlewares: [retainSearchParams<RootSearch>(["site"])] },
  component: RootScreen,
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/live", replace: true });
  },
});

const live = createRoute({
  getParentRoute: () => root,
  path: "/live",
  validateSearch: (search: Search): { lane?: string } => text(search, "lane"),
  component: LiveScreen,
});

type StaysSearch = { plate?: string; state?: StayState };

const stays = createRoute({
  getParentRoute: () => root,
  path: "/stays",
  validateSearch: (search: Search): StaysSearch => {
    const state = STATES.find((one) => one === search.state);
    return { ...text(search, "plate"), ...(state ? { state } : {}) };
  },
  component: lazyRouteComponent(() => import("./stays/StaysScreen"), "StaysScreen"),
});

const stay = createRoute({
  getParentRoute: () => root,
  path: "/stays/$id",
  component: lazyRouteComponent(() => import("./stays/StayScreen"), "StayScreen"),
});

type TicketsSearch = { q?: string; state?: TicketFilter };

const tickets = createRoute({
  getParentRoute: () => root,
  path: "/tickets",
  validateSearch: (search: Search): TicketsSearch => {
    const state = TICKET_FILTERS.find((one) => one === search.state);
    return { ...text(search, "q"), ...(state ? { state } : {}) };
  },
  component: lazyRouteComponent(() => import("./tickets/TicketsScreen"), "TicketsScreen"),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  component: lazyRouteComponent(() => import("./jobs/JobsScreen"), "JobsScreen"),
});

type AlarmsSearch = { state?: AlarmState; kind?: AlarmKind; alarm?: string };

const alarms = createRoute({
  getParentRoute: () => root,
  path: "/alarms",
  validateSearch: (search: Search): AlarmsSearch => {
    const state = ALARM_STATES.find((one) => one === search.state);
    return { ...(state ? { state } : {}), ...(isAlarmKind(search.kind) ? { kind: search.kind } : {}), ...text(search, "alarm") };
  },
  component: lazyRouteComponent(() => import("./alarms/AlarmsScreen"), "AlarmsScreen"),
});

type VehiclesSearch = { q?: string; country?: string; type?: string; vehicle?: string };

const vehicles = createRoute({
  getParentRoute: () => root,
  path: "/vehicles",
  validateSearch: (search: Search): VehiclesSearch => ({
    ...text(search, "q"),
    ...text(search, "country"),
    ...text(search, "type"),
    ...text(search, "vehicle"),
  }),
  component: lazyRouteComponent(() => import("./vehicles/VehiclesScreen"), "VehiclesScreen"),
});

type SubscriptionsSearch = {
  view?: SubscriptionView;
  state?: SubscriptionFilterState;
  q?: string;
  subscription?: string;
};

const subscriptions = createRoute({
  getParentRoute: () => root,
  path: "/subscriptions",
  validateSearch: (search: Search): SubscriptionsSearch => {
    const view = SUBSCRIPTION_VIEWS.find((one) => one === search.view);
    const state = SUBSCRIPTION_STATES.find((one) => one === search.state);
    return { ...(view ? { view } : {}), ...(state ? { state } : {}), ...text(search, "q"), ...text(search, "subscription") };
  },
  component: lazyRouteComponent(() => import("./subscriptions/SubscriptionsScreen"), "SubscriptionsScreen"),
});

type BlocklistSearch = { view?: BlocklistView; state?: BlockState; q?: string; block?: string };

const blocklist = createRoute({
  getParentRoute: () => root,
  path: "/blocklist",
  validateSearch: (search: Search): BlocklistSearch => {
    const view = BLOCKLIST_VIEWS.find((one) => one === search.view);
    const state = BLOCK_STATES.find((one) => one === search.state);
    return { ...(view ? { view } : {}), ...(state ? { state } : {}), ...text(search, "q"), ...text(search, "block") };
  },
  component: lazyRouteComponent(() => import("./blocklist/BlocklistScreen"), "BlocklistScreen"),
});

type PeopleSearch = { q?: string; person?: string };

const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  validateSearch: (search: Search): PeopleSearch => ({ ...text(search, "q"), ...text(search, "person") }),
  component: lazyRouteComponent(() => import("./people/PeopleScreen"), "PeopleScreen"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/SettingsScreen"), "SettingsScreen"),
});

const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/sites", replace: true });
  },
});

const sitesSettings = createRoute({
  getParentRoute: () => settings,
  path: "/sites",
  component: lazyRouteComponent(() => import("./settings/SitesSettings"), "SitesSettings"),
});

const siteSettings = createRoute({
  getParentRoute: () => settings,
  path: "/sites/$id",
  component: lazyRouteComponent(() => import("./settings/SiteSettings"), "SiteSettings"),
});

const lanesSettings = createRoute({
  getParentRoute: () => settings,
  path: "/lanes",
  validateSearch: (search: Search): { lane?: string } => text(search, "lane"),
  component: lazyRouteComponent(() => import("./settings/LanesSettings"), "LanesSettings"),
});

const keysSettings = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("./settings/KeysSettings"), "KeysSettings"),
});

const tariffs = createRoute({
  getParentRoute: () => root,
  path: "/tariffs",
  component: lazyRouteComponent(() => import("./tariffs/TariffsScreen"), "TariffsScreen"),
});

const tariffsHome = createRoute({
  getParentRoute: () => tariffs,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/tariffs/versions", replace: true });
  },
});

const tariffVersions = createRoute({
  getParentRoute: () => tariffs,
  path: "/versions",
  component: lazyRouteComponent(() => import("./tariffs/VersionsTab"), "VersionsTab"),
});

const tariffDraft = createRoute({
  getParentRoute: () => tariffs,
  path: "/drafts/$id",
  component: lazyRouteComponent(() => import("./tariffs/DraftScreen"), "DraftScreen"),
});

const validationCodes = createRoute({
  getParentRoute: () => tariffs,
  path: "/validations",
  component: lazyRouteComponent(() => import("./tariffs/ValidationsTab"), "ValidationsTab"),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: (search: Search): AuditSearch => ({
    ...(isAuditAction(search.action) ? { action: search.action } : {}),
    ...text(search, "actor"),
    ...text(search, "stay"),
    ...text(search, "from"),
    ...text(search, "until"),
  }),
  component: lazyRouteComponent(() => import("./audit/AuditScreen"), "AuditScreen"),
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("./account/AccountScreen"), "AccountScreen"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("./join/JoinPage"), "JoinPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search: Search): { step?: Step } => {
    const step = STEPS.find((one) => one === search.step);
    return step ? { step } : {};
  },
  component: lazyRouteComponent(() => import("./setup/SetupPage"), "SetupPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    live,
    stays,
    tickets,
    stay,
    alarms,
    vehicles,
    subscriptions,
    blocklist,
    people,
    settings.addChildren([settingsHome, sitesSettings, siteSettings, lanesSettings, keysSettings]),
    tariffs.addChildren([tariffsHome, tariffVersions, tariffDraft, validationCodes]),
    audit,
    account,
    join,
    setup,
    jobs,
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: BrokenScreen,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface HistoryState {
    /** Whoever comes wants to write into the search. */
    focusSearch?: boolean;
  }
}
