import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";

/** Shows the toasts of the manager above; each stays a few seconds, those of failures until they are closed. */
export function Toasts() {
  const messages = useMessages();
  const { toasts } = Toast.useToastManager();
  return (
    <Toast.Portal>
      <Toast.Viewport
        className="fixed inset-x-3 bottom-20 z-40 mx-auto flex max-w-md flex-col-reverse gap-2 tablet:bottom-4"
        data-testid="toasts"
      >
        {toasts.map((toast) => (
          <Toast.Root
            key={toast.id}
            toast={toast}
            className="motion rounded-card border border-line bg-card shadow-lg transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0 data-[type=error]:border-deny"
          >
            <Toast.Content className="flex items-start gap-3 p-3 pl-4">
              <div className="min-w-0 flex-1 py-1.5">
                <Toast.Title render={<p />} className="font-medium data-[type=error]:text-deny" />
                <Toast.Description render={<div />} className="text-small text-soft" />
              </div>
              {toast.actionProps && (
                <Toast.Action className="min-h-11 shrink-0 rounded-control px-3 font-medium text-accent hover:bg-raised" />
              )}
              <Toast.Close
                aria-label={messages.close}
                className="grid size-11 shrink-0 place-items-center rounded-control text-soft hover:bg-raised"
              >
                <X aria-hidden size={18} />
              </Toast.Close>
            </Toast.Content>
          </Toast.Root>
        ))}
      </Toast.Viewport>
    </Toast.Portal>
  );
}
