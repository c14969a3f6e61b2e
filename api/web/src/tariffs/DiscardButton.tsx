import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { discardDraft, tariffsKey } from "../api/tariffs";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { toasts } from "../ui/toastManager";

/** Discards a draft, after a question. */
export function DiscardButton({ id, name }: { id: string; name: string }) {
  const { tariffs } = useMessages();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isOpen, setIsOpen] = useState(false);
  const discarding = useMutation({
    mutationFn: () => discardDraft(id),
    onSuccess: async () => {
      toasts.add({ title: tariffs.discarded });
      await navigate({ to: "/tariffs/versions" });
      void queries.invalidateQueries({ queryKey: tariffsKey });
    },
  });
  return (
    <>
      <Button look="quiet" onClick={() => setIsOpen(true)}>
        {tariffs.discard}
      </Button>
      {isOpen && (
        <ConfirmDialog
          title={tariffs.discardTitle}
          action={tariffs.discard}
          isPending={discarding.isPending}
          error={discarding.error}
          confirm={() => discarding.mutate()}
          close={() => setIsOpen(false)}
        >
          <p>{tariffs.discardText(name)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
