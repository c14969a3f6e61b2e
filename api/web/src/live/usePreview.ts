import { useEffect, useState } from "react";
import { fetchPreview } from "../api/lanes";

/** A look through the camera of one lane. */
export interface Look {
  lane: string;
  command: string;
  /** In milliseconds since 1970, by this screen's clock. */
  until: number;
}

const EVERY = 1_000;
/** After so long without a picture the screen says so. */
const SILENT = 8_000;

export interface Preview {
  /** Address of the newest picture. */
  url: string | null;
  isSilent: boolean;
}

/** The newest picture of a look, asked for once a second. Nothing of it is kept. */
export function usePreview(look: Look | null): Preview {
  const [preview, setPreview] = useState<Preview>({ url: null, isSilent: false });
  useEffect(() => {
    if (!look) return undefined;
    const ends = new AbortController();
    let shown: string | null = null;
    let last = Date.now();
    const show = (picture: Blob) => {
      const before = shown;
      shown = URL.createObjectURL(picture);
      last = Date.now();
      setPreview({ url: shown, isSilent: false });
      if (before) URL.revokeObjectURL(before);
    };
    const ask = async () => {
      const picture = await fetchPreview(look.lane, ends.signal).catch(() => null);
      if (ends.signal.aborted) return;
      if (picture) show(picture);
      else if (Date.now() - last > SILENT) setPreview({ url: shown, isSilent: true });
    };
    const timer = setInterval(() => void ask(), EVERY);
    return () => {
      clearInterval(timer);
      ends.abort();
      if (shown) URL.revokeObjectURL(shown);
      setPreview({ url: null, isSilent: false });
    };
  }, [look]);
  return preview;
}
