import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Versioned } from "../api/client";
import { isStatus } from "../api/problem";
import type { TariffDraft } from "../api/schema.gen";
import { fetchDraft, saveDraft, tariffsKey } from "../api/tariffs";
import { useMessages } from "../i18n/CatalogueContext";
import { currencyDigits } from "../money/formatMoney";
import { toasts } from "../ui/toastManager";
import { type TariffFields, fieldsOf, readFields } from "./draftFields";

/** A draft under the hands of whoever writes it: `theirs` is set once somebody else was quicker. */
export function useDraft(read: Versioned<TariffDraft>) {
  const { tariffs } = useMessages();
  const queries = useQueryClient();
  const digits = currencyDigits(read.value.currency);
  const [base, setBase] = useState(read);
  const [fields, setFields] = useState(() => fieldsOf(read.value.tariff, digits));
  const [isChanged, setIsChanged] = useState(false);
  const [theirs, setTheirs] = useState<Versioned<TariffDraft> | null>(null);
  const { body, unread } = useMemo(() => readFields(fields, digits), [fields, digits]);
  const saving = useMutation({
    mutationFn: (etag: string) => saveDraft(base.value.id, etag, body),
    onSuccess: (now) => {
      setBase(now);
      setTheirs(null);
      setIsChanged(false);
      toasts.add({ title: tariffs.saved });
      void queries.invalidateQueries({ queryKey: tariffsKey, predicate: ({ queryKey }) => queryKey[1] !== "draft" });
    },
    onError: async (error) => {
      if (isStatus(error, 412)) setTheirs(await fetchDraft(base.value.id).catch(() => null));
    },
  });
  const takeTheirs = () => {
    if (!theirs) return;
    setBase(theirs);
    setFields(fieldsOf(theirs.value.tariff, digits));
    setTheirs(null);
    setIsChanged(false);
    saving.reset();
  };
  const change = (changed: Partial<TariffFields>) => {
    setFields((before) => ({ ...before, ...changed }));
    setIsChanged(true);
  };
  return {
    draft: base.value,
    etag: base.etag,
    digits,
    fields,
    body,
    unread,
    change,
    isChanged,
    theirs,
    takeTheirs,
    save: () => saving.mutate(base.etag),
    overwrite: () => theirs && saving.mutate(theirs.etag),
    isPending: saving.isPending,
    error: theirs ? null : saving.error,
  };
}
