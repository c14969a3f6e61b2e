/** How the cells of tables are set: text to the left, figures to the right. */
export const CELL = "px-3 py-2 text-left align-middle first:pl-4 last:pr-4";
export const FIGURES = "px-3 py-2 text-right align-middle first:pl-4 last:pr-4";
