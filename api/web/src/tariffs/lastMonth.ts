// The calendar month before a day. Pure.

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function lastMonth(today: string): { first: string; last: string } {
  const [year = 1970, month = 1] = today.split("-").map(Number);
  return { first: dayOf(Date.UTC(year, month - 2, 1)), last: dayOf(Date.UTC(year, month - 1, 0)) };
}

/** The next midnight of a wall clock, as it shows it. */
export function nextMidnight(wall: string): string {
  const [year = 1970, month = 1, day = 1] = wall.slice(0, 10).split("-").map(Number);
  return `${dayOf(Date.UTC(year, month - 1, day + 1))}T00:00`;
}
