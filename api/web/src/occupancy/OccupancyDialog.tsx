import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Stats } from "../api/schema.gen";
import { resetStays, setCount, statsKey } from "../api/stats";
import { staysKey } from "../api/stays";
import { fieldProblem } from "../api/problem";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Modal } from "../ui/Modal";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { toasts } from "../ui/toastManager";

/** Two acts, because either may be right without the other: the count, and the stays of cars that are not inside. */
export function OccupancyDialog({ stats, close }: { stats: Stats; close: () => void }) {
  const { stats: texts } = useMessages();
  return (
    <Modal title={texts.setRight} description={texts.setRightHint(stats.occupied, stats.open_stays)} isOpen close={close}>
      <div className="grid gap-6">
        <CountForm stats={stats} close={close} />
        <ResetForm close={close} />
      </div>
    </Modal>
  );
}

function useRefresh() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: statsKey });
    void queries.invalidateQueries({ queryKey: staysKey });
  };
}

function CountForm({ stats, close }: { stats: Stats; close: () => void }) {
  const { stats: texts } = useMessages();
  const { site } = useSite();
  const refresh = useRefresh();
  const [inside, setInside] = useState(String(stats.occupied));
  const [reason, setReason] = useState("");
  const setting = useMutation({
    mutationFn: () => setCount(site.id, Number(inside), reason),
    onSuccess: (now) => {
      toasts.add({ title: texts.counted(now.inside) });
      refresh();
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!setting.isPending) setting.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-3">
      <h3 className="font-semibold">{texts.count}</h3>
      <p className="text-small text-soft">{texts.countHint}</p>
      <div className="grid gap-3 phone:grid-cols-[8rem_1fr]">
        <TextField
          label={texts.inside}
          value={inside}
          change={setInside}
          problem={fieldProblem(setting.error, "inside")}
          type="number"
          min={0}
          max={1_000_000}
          required
        />
        <TextField label={texts.why} value={reason} change={setReason} problem={fieldProblem(setting.error, "reason")} maxLength={200} required />
      </div>
      <FormProblem error={setting.error} />
      <div className="flex justify-end">
        <Button type="submit" look="main" disabled={setting.isPending || !reason.trim() || inside === ""}>
          {texts.setCount}
        </Button>
      </div>
    </form>
  );
}

const AGES = [1, 2, 7, 30] as const;
const DAY = 86_400_000;

function ResetForm({ close }: { close: () => void }) {
  const { stats: texts } = useMessages();
  const { site } = useSite();
  const refresh = useRefresh();
  const [days, setDays] = useState("2");
  const [reason, setReason] = useState("");
  const resetting = useMutation({
    mutationFn: () => resetStays(site.id, new Date(Date.now() - Number(days) * DAY), reason),
    onSuccess: ({ ended }) => {
      toasts.add({ title: texts.ended(ended) });
      refresh();
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!resetting.isPending) resetting.mutate();
  };
  return (
    <form onSubmit={submit} className="grid gap-3 border-t border-line pt-4">
      <h3 className="font-semibold">{texts.reset}</h3>
      <p className="text-small text-soft">{texts.resetHint}</p>
      <div className="grid gap-3 phone:grid-cols-[12rem_1fr]">
        <SelectField label={texts.older} value={days} change={setDays}>
          {AGES.map((age) => (
            <option key={age} value={age}>
              {texts.days(age)}
            </option>
          ))}
        </SelectField>
        <TextField label={texts.why} value={reason} change={setReason} problem={fieldProblem(resetting.error, "reason")} maxLength={200} required />
      </div>
      <FormProblem error={resetting.error} />
      <div className="flex justify-end">
        <Button type="submit" look="danger" disabled={resetting.isPending || !reason.trim()}>
          {texts.resetNow}
        </Button>
      </div>
    </form>
  );
}
