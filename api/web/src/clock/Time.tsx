import { useClock } from "./useClock";

/** A moment, on the site's clock. */
export function Time({ at, className = "" }: { at: string; className?: string }) {
  return (
    <time dateTime={at} title={at} className={`tabular-nums whitespace-nowrap ${className}`}>
      {useClock()(at)}
    </time>
  );
}
