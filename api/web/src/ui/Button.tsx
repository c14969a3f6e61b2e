import type { ComponentProps } from "react";

type Look = "plain" | "main" | "money" | "danger" | "quiet";

const LOOKS: Record<Look, string> = {
  plain: "border border-strong-line bg-card text-ink enabled:hover:bg-raised",
  main: "border border-main bg-main text-main-ink enabled:hover:opacity-90",
  money: "border border-charge bg-charge-ground text-charge enabled:hover:brightness-95",
  danger: "border border-deny bg-deny-ground text-deny enabled:hover:brightness-95",
  quiet: "border border-transparent text-ink enabled:hover:bg-raised",
};

/** A button, 44 px high at least. */
export function Button({ look = "plain", className = "", type = "button", ...rest }: ComponentProps<"button"> & { look?: Look }) {
  const base =
    "inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-3.5 font-medium disabled:cursor-not-allowed disabled:opacity-55";
  return <button type={type} className={`${base} ${LOOKS[look]} ${className}`} {...rest} />;
}
