import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { apiKeys, keysKey, revokeKey } from "../api/keys";
import type { ApiKey } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { toasts } from "../ui/toastManager";
import { KeyTable } from "./KeyTable";
import { NewKeyDialog } from "./NewKeyDialog";

/** Keys by which programs act. */
export function KeysSettings() {
  const { settings, ...messages } = useMessages();
  const { data, error, refetch } = useQuery(apiKeys);
  const [isAdding, setIsAdding] = useState(false);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-soft">{settings.keys.hint}</p>
        <Button look="main" onClick={() => setIsAdding(true)}>
          <Plus aria-hidden size={18} />
          {settings.keys.add}
        </Button>
      </div>
      {data.length === 0 ? (
        <EmptyState title={settings.keys.none}>{settings.keys.noneHint}</EmptyState>
      ) : (
        <KeyTable keys={data} revoke={setRevoked} />
      )}
      {isAdding && <NewKeyDialog close={() => setIsAdding(false)} />}
      {revoked && <RevokeDialog apiKey={revoked} close={() => setRevoked(null)} />}
    </>
  );
}

function RevokeDialog({ apiKey, close }: { apiKey: ApiKey; close: () => void }) {
  const { keys } = useMessages().settings;
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: () => {
      toasts.add({ title: keys.revokedNow(apiKey.name) });
      close();
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: keysKey }),
  });
  return (
    <ConfirmDialog
      title={keys.revokeTitle(apiKey.name)}
      action={keys.revoke}
      isPending={revoking.isPending}
      error={revoking.error}
      confirm={() => revoking.mutate()}
      close={close}
    >
      <p>{keys.revokeHint}</p>
    </ConfirmDialog>
  );
}
