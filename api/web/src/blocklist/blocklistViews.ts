/** What the screen shows, beside one another. */
export const BLOCKLIST_VIEWS = ["list", "overstays", "risk"] as const;
export type BlocklistView = (typeof BLOCKLIST_VIEWS)[number];
