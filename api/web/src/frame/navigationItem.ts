/** How an item of the navigation looks. */
export const NAVIGATION_ITEM =
  "flex min-h-14 min-w-11 flex-1 flex-col items-center justify-center gap-0.5 px-3 text-small whitespace-nowrap text-soft hover:text-ink tablet:min-h-11 tablet:flex-row tablet:gap-2 tablet:rounded-control tablet:text-base";
