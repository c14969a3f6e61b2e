/** A key as it stands on the keyboard. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-grid min-w-6 place-items-center rounded-[0.3rem] border border-strong-line bg-raised px-1.5 font-sans text-small leading-5 font-medium text-soft">
      {children}
    </kbd>
  );
}
