/** What the screen shows, beside one another. */
export const SUBSCRIPTION_VIEWS = ["list", "plans", "passback"] as const;
export type SubscriptionView = (typeof SUBSCRIPTION_VIEWS)[number];
