import { useSite } from "../feed/SiteContext";
import { TextField } from "./TextField";
import { wallTime } from "./zonedTime";

interface Props {
  label: string;
  /** As the site's clock shows it, or empty. */
  value: string;
  change: (value: string) => void;
  hint?: string | undefined;
  problem?: string | null | undefined;
}

/** A moment on the site's clock; may be left empty. */
export function LocalTimeField(props: Props) {
  return <TextField {...props} type="datetime-local" />;
}

/** An instant as the field writes it. */
export function useWallTime(): (at: string | null | undefined) => string {
  const { site } = useSite();
  return (at) => (at ? wallTime(Date.parse(at), site.time_zone) : "");
}
