import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { fieldProblem } from "../api/problem";
import { lanes as lanesQuery } from "../api/lanes";
import type { OutsideTerms } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { CheckField } from "../ui/CheckField";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { DAYS, type TermsDraft, type WindowDraft } from "./termsDraft";

interface Props {
  terms: TermsDraft;
  change: (terms: TermsDraft) => void;
  error: unknown;
}

/** Places, entries, times and lanes, and what becomes of cars beyond them. */
export function TermsFields({ terms, change, error }: Props) {
  const { subscriptions } = useMessages();
  const set = (changed: Partial<TermsDraft>) => change({ ...terms, ...changed });
  return (
    <>
      <div className="grid gap-4 tablet:grid-cols-2">
        <TextField
          label={subscriptions.places}
          hint={subscriptions.placesHint}
          value={terms.places}
          change={(places) => set({ places })}
          inputMode="numeric"
          maxLength={5}
          autoComplete="off"
          problem={fieldProblem(error, "places")}
        />
        <TextField
          label={subscriptions.uses}
          hint={subscriptions.usesHint}
          value={terms.uses}
          change={(uses) => set({ uses })}
          inputMode="numeric"
          maxLength={5}
          autoComplete="off"
          problem={fieldProblem(error, "uses_per_month")}
        />
      </div>
      <SelectField label={subscriptions.outside} value={terms.outside} change={(outside) => set({ outside: outside as OutsideTerms | "" })}>
        <option value="">{subscriptions.outsideSite}</option>
        {Object.entries(subscriptions.outsideWords).map(([word, name]) => (
          <option key={word} value={word}>
            {name}
          </option>
        ))}
      </SelectField>
      <Windows windows={terms.windows} change={(windows) => set({ windows })} />
      <Lanes chosen={terms.lanes} change={(lanes) => set({ lanes })} />
    </>
  );
}

function Windows({ windows, change }: { windows: readonly WindowDraft[]; change: (windows: readonly WindowDraft[]) => void }) {
  const { subscriptions } = useMessages();
  const set = (number: number, changed: Partial<WindowDraft>) =>
    change(windows.map((window, at) => (at === number ? { ...window, ...changed } : window)));
  return (
    <fieldset className="grid gap-2">
      <legend className="font-medium">{subscriptions.windows}</legend>
      <p className="text-small text-soft">{windows.length === 0 ? subscriptions.anyTime : subscriptions.windowsHint}</p>
      {windows.map((window, number) => (
        // oxlint-disable-next-line no-array-index-key -- a window is its place in the list
        <div key={number} className="grid gap-2 rounded-control border border-line p-3" data-window>
          <div className="flex flex-wrap gap-1">
            {DAYS.map((day) => (
              <label key={day} className="flex min-h-11 items-center gap-1.5 rounded-control px-2 hover:bg-raised">
                <input
                  type="checkbox"
                  checked={window.days.includes(day)}
                  onChange={(event) =>
                    set(number, { days: event.target.checked ? [...window.days, day] : window.days.filter((one) => one !== day) })
                  }
                  className="size-5 accent-accent"
                />
                {subscriptions.days[day]}
              </label>
            ))}
          </div>
          <div className="flex flex-wrap items-end gap-3">
            <TextField
              label={subscriptions.windowFrom}
              type="time"
              value={window.from}
              change={(from) => set(number, { from })}
              required
              className="w-32"
            />
            <TextField
              label={subscriptions.windowTo}
              type="time"
              value={window.to === "24:00" ? "00:00" : window.to}
              change={(to) => set(number, { to })}
              required
              className="w-32"
            />
            <Button
              look="quiet"
              aria-label={subscriptions.removeWindow}
              onClick={() => change(windows.filter((_, at) => at !== number))}
            >
              <Trash2 aria-hidden size={18} />
            </Button>
          </div>
        </div>
      ))}
      <div>
        <Button onClick={() => change([...windows, { days: DAYS.slice(0, 5), from: "07:00", to: "19:00" }])}>
          <Plus aria-hidden size={18} />
          {subscriptions.addWindow}
        </Button>
      </div>
    </fieldset>
  );
}

function Lanes({ chosen, change }: { chosen: readonly string[]; change: (lanes: readonly string[]) => void }) {
  const { subscriptions } = useMessages();
  const { site } = useSite();
  const { data: lanes = [] } = useQuery(lanesQuery(site.id));
  if (lanes.length === 0) return null;
  return (
    <fieldset>
      <legend className="font-medium">{subscriptions.lanes}</legend>
      <p className="text-small text-soft">{subscriptions.lanesHint}</p>
      {lanes.map(({ id, name, code }) => (
        <CheckField
          key={id}
          isChecked={chosen.includes(id)}
          change={(isChecked) => change(isChecked ? [...chosen, id] : chosen.filter((one) => one !== id))}
        >
          {name || code}
        </CheckField>
      ))}
    </fieldset>
  );
}
