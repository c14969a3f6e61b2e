import { useMessages } from "../i18n/CatalogueContext";

/** A licence plate, in a face whose 0 and O, 1 and I, 8 and B differ. */
export function Plate({ text, size = "row" }: { text: string | null | undefined; size?: "row" | "large" }) {
  const messages = useMessages();
  const large = size === "large" ? "px-3 py-1 text-huge leading-tight" : "px-1.5 py-0.5 text-base leading-snug";
  if (!text) {
    return (
      <span
        data-plate=""
        className={`inline-block rounded-[0.35rem] border border-dashed border-strong-line text-soft italic ${
          size === "large" ? "px-3 py-2.5 text-large leading-tight" : "px-1.5 py-0.5 text-small"
        }`}
      >
        {messages.lanes.notRead}
      </span>
    );
  }
  return (
    <span
      data-plate={text}
      translate="no"
      className={`plate-face inline-block rounded-[0.35rem] border-2 border-plate-edge bg-plate whitespace-nowrap text-plate-ink ${large}`}
    >
      {text}
    </span>
  );
}
