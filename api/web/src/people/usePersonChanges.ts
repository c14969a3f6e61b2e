import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { User, UserChange } from "../api/schema.gen";
import { changeUser, usersKey } from "../api/users";
import { useMessages } from "../i18n/CatalogueContext";
import { toasts } from "../ui/toastManager";
import { useReport } from "../ui/useReport";

export interface PersonChange {
  user: Pick<User, "id" | "name">;
  /** One after the other. */
  changes: readonly UserChange[];
  /** What was done, in words. */
  said: string;
  /** What brings back what was. */
  undo: readonly UserChange[];
}

async function send({ user, changes }: Pick<PersonChange, "user" | "changes">): Promise<void> {
  for (const change of changes) await changeUser(user.id, change);
}

/** Changes a person and offers to undo it. */
export function usePersonChanges() {
  const messages = useMessages();
  const report = useReport();
  const queries = useQueryClient();
  const again = () => void queries.invalidateQueries({ queryKey: usersKey });
  const undoing = useMutation({ mutationFn: send, onError: report, onSettled: again });
  return useMutation({
    mutationFn: (change: PersonChange) => send(change),
    onSuccess: (_, { user, said, undo }) => {
      const id = toasts.add({
        title: said,
        actionProps: {
          children: messages.undo,
          onClick: () => {
            toasts.close(id);
            undoing.mutate({ user, changes: undo });
          },
        },
      });
    },
    onSettled: again,
  });
}
