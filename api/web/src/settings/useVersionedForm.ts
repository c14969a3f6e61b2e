import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Versioned } from "../api/client";
import { isStatus } from "../api/problem";
import { type Fields, changesOf } from "./merge";

interface Options<T, F extends Fields> {
  first: Versioned<T>;
  fieldsOf: (value: T) => F;
  /** Changes the version of this tag; another one is a 412. */
  save: (etag: string, changes: Partial<F>) => Promise<Versioned<T>>;
  /** The present version. */
  read: () => Promise<Versioned<T>>;
  saved: (value: T) => void;
}

/** A form over something that others may change meanwhile: `theirs` is set once somebody was quicker. */
export function useVersionedForm<T, F extends Fields>({ first, fieldsOf, save, read, saved }: Options<T, F>) {
  const [base, setBase] = useState(first);
  const [mine, setMine] = useState(() => fieldsOf(first.value));
  const [theirs, setTheirs] = useState<Versioned<T> | null>(null);
  const saving = useMutation({
    mutationFn: ({ from, to }: { from: Versioned<T>; to: F }) => save(from.etag, changesOf(fieldsOf(from.value), to) ?? {}),
    onSuccess: (now) => {
      setBase(now);
      setMine(fieldsOf(now.value));
      setTheirs(null);
      saved(now.value);
    },
    onError: async (error) => {
      if (isStatus(error, 412)) setTheirs(await read().catch(() => null));
    },
  });
  /** Goes on from what somebody else saved. */
  const settle = (to: F) => {
    if (!theirs) return;
    setMine(to);
    setBase(theirs);
    setTheirs(null);
    saving.reset();
    if (changesOf(fieldsOf(theirs.value), to)) saving.mutate({ from: theirs, to });
  };
  const submit = () => {
    if (!saving.isPending) saving.mutate({ from: base, to: mine });
  };
  return {
    value: base.value,
    base: fieldsOf(base.value),
    mine,
    change: (changed: Partial<F>) => setMine({ ...mine, ...changed }),
    undo: () => setMine(fieldsOf(base.value)),
    theirs: theirs ? fieldsOf(theirs.value) : null,
    settle,
    submit,
    isChanged: changesOf(fieldsOf(base.value), mine) !== null,
    isPending: saving.isPending,
    error: saving.error,
  };
}
