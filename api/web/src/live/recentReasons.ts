// Reasons this person gave last, on this machine: they come first the next time.

const STORED = "boomgate.reasons";
const KEPT = 5;

export function readReasons(stored: string | null): string[] {
  try {
    const read: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(read) ? read.filter((one) => typeof one === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

/** The newest first, each once. */
export function withReason(reasons: readonly string[], reason: string): string[] {
  return [reason, ...reasons.filter((one) => one !== reason)].slice(0, KEPT);
}

/** What is offered: what was given last, then the usual ones, `most` in all: each has a key. */
export function offered(recent: readonly string[], presets: readonly string[], most = 9): string[] {
  return [...recent, ...presets.filter((preset) => !recent.includes(preset))].slice(0, most);
}

export function recentReasons(): string[] {
  return readReasons(localStorage.getItem(STORED));
}

export function keepReason(reason: string): void {
  localStorage.setItem(STORED, JSON.stringify(withReason(recentReasons(), reason)));
}
