import { type ReactNode, useRef } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "./Button";
import { FormProblem } from "./FormProblem";
import { Modal } from "./Modal";

interface Props {
  title: string;
  /** What will be done, and what that means. */
  children: ReactNode;
  /** The word on the button that does it. */
  action: string;
  isPending: boolean;
  error: unknown;
  confirm: () => void;
  close: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog({ title, children, action, isPending, error, confirm, close }: Props) {
  const messages = useMessages();
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Modal title={title} isOpen close={close} initialFocus={cancel}>
      <div className="grid gap-4">
        <div>{children}</div>
        <FormProblem error={error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button ref={cancel} onClick={close}>
            {messages.cancel}
          </Button>
          <Button look="danger" disabled={isPending} onClick={confirm}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
