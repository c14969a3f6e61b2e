import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, newKey } from "./client";
import type {
  EndSubscription,
  NewPlan,
  NewSubscription,
  PlanChange,
  PlanView,
  SubscriptionDetail,
  SubscriptionSet,
  SubscriptionState,
  VehiclesChange,
} from "./schema.gen";

export type SubscriptionFilterState = SubscriptionState | "ending";

export const SUBSCRIPTION_STATES = ["active", "ending", "paused", "planned", "ended"] as const satisfies readonly SubscriptionFilterState[];

export const subscriptionsKey = ["subscriptions"] as const;
export const plansKey = ["plans"] as const;
export const passbackKey = ["passback"] as const;

export interface SubscriptionQuery {
  site: string;
  state: SubscriptionFilterState;
  q: string;
}

const PAGE = 50;

export function subscriptions({ site, state, q }: SubscriptionQuery) {
  return infiniteQueryOptions({
    queryKey: [...subscriptionsKey, "list", site, state, q],
    queryFn: async ({ pageParam, signal }) => {
      const query = { site, state, limit: PAGE, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/subscriptions", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

export function subscription(id: string) {
  return queryOptions({
    queryKey: [...subscriptionsKey, "one", id],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/subscriptions/{id}", { params: { path: { id } }, signal }), signal),
  });
}

export async function addSubscription(body: NewSubscription): Promise<SubscriptionDetail> {
  return answered(client.POST("/api/v1/subscriptions", { params: { header: newKey() }, body }));
}

export async function changeSubscription(id: string, body: SubscriptionSet): Promise<SubscriptionDetail> {
  return answered(client.PATCH("/api/v1/subscriptions/{id}", { params: { path: { id } }, body }));
}

export async function changeVehicles(id: string, body: VehiclesChange): Promise<SubscriptionDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/subscriptions/{id}/vehicles", { params, body }));
}

export async function pauseSubscription(id: string, until: string | null, reason: string): Promise<SubscriptionDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/subscriptions/{id}/pause", { params, body: { ...(until ? { until } : {}), reason } }));
}

export async function resumeSubscription(id: string): Promise<SubscriptionDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/subscriptions/{id}/resume", { params, body: {} }));
}

export async function renewSubscription(id: string): Promise<SubscriptionDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/subscriptions/{id}/renew", { params, body: { periods: 1 } }));
}

export async function endSubscription(id: string, body: EndSubscription): Promise<SubscriptionDetail> {
  const params = { path: { id }, header: newKey() };
  return answered(client.POST("/api/v1/subscriptions/{id}/end", { params, body }));
}

/** Those that are sold, or with those that are sold no more. */
export function plans(site: string, retired: boolean) {
  return queryOptions({
    queryKey: [...plansKey, site, retired],
    queryFn: async ({ signal }): Promise<PlanView[]> => {
      const query = { site, retired, limit: 200 };
      return (await answered(client.GET("/api/v1/plans", { params: { query }, signal }), signal)).items;
    },
  });
}

export async function addPlan(body: NewPlan): Promise<PlanView> {
  return answered(client.POST("/api/v1/plans", { params: { header: newKey() }, body }));
}

export async function changePlan(id: string, body: PlanChange): Promise<PlanView> {
  return answered(client.PATCH("/api/v1/plans/{id}", { params: { path: { id } }, body }));
}

/** Plates that are inside, and which of them may come in once more. */
export function passback(site: string, q: string) {
  return infiniteQueryOptions({
    queryKey: [...passbackKey, site, q],
    queryFn: async ({ pageParam, signal }) => {
      const query = { site, limit: PAGE, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return answered(client.GET("/api/v1/passback", { params: { query }, signal }), signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** One plate, or everybody who is inside where it is null. */
export async function resetPassback(site: string, plate: string | null, reason: string): Promise<number> {
  const body = plate === null ? { site, all: true, reason } : { site, plate, reason };
  return (await answered(client.POST("/api/v1/passback/reset", { params: { header: newKey() }, body }))).plates;
}
