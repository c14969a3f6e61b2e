import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, type RefObject, useRef } from "react";
import { isStepUpAsked } from "../api/stepUp";
import { useMessages } from "../i18n/CatalogueContext";
import { useObservable } from "./Observable";

interface Props {
  title: ReactNode;
  description?: ReactNode;
  isOpen: boolean;
  close: () => void;
  /** Only text to read: it can then be scrolled by keyboard. */
  isText?: boolean;
  /** Over every other dialog. */
  isOnTop?: boolean;
  /** What has the focus at first; else the first field, or the first control. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
}

/** A dialog over the page; Escape and a click beside it close it. */
export function Modal({ title, description, isOpen, close, isText = false, isOnTop = false, initialFocus, children }: Props) {
  const messages = useMessages();
  const body = useRef<HTMLDivElement>(null);
  // While the password is asked for on top, keys and clicks are meant for that dialog.
  const isCovered = useObservable(isStepUpAsked) && !isOnTop;
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && !isCovered && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="motion fixed inset-0 z-30 bg-veil transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          initialFocus={initialFocus ?? (() => firstField(body.current) ?? true)}
          data-modal
          className="motion fixed inset-x-3 top-[8dvh] z-30 mx-auto flex max-h-[84dvh] max-w-lg flex-col overflow-hidden rounded-card border border-line bg-card shadow-2xl transition-[opacity,scale] data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0"
        >
          <div className="flex items-start gap-3 border-b border-line py-2 pr-2 pl-5">
            <div className="min-w-0 flex-1 py-2">
              <Dialog.Title className="text-large font-semibold">{title}</Dialog.Title>
              {description && <Dialog.Description className="text-small text-soft">{description}</Dialog.Description>}
            </div>
            <Dialog.Close
              aria-label={messages.close}
              className="grid size-11 shrink-0 place-items-center rounded-control text-soft hover:bg-raised"
            >
              <X aria-hidden size={20} />
            </Dialog.Close>
          </div>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- text that scrolls must be reached by keyboard */}
          <div ref={body} className="min-h-0 overflow-y-auto p-5" tabIndex={isText ? 0 : undefined}>
            {children}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function firstField(body: HTMLElement | null): HTMLElement | null {
  return body?.querySelector<HTMLElement>("input:not([type=radio]), select, textarea") ?? null;
}
