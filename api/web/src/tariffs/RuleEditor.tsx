import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { TextField } from "../ui/TextField";
import { BandRows } from "./BandRows";
import { ChoiceGroup } from "./ChoiceGroup";
import { DAYS, type RuleFields, VEHICLES } from "./draftFields";

interface Props {
  rule: RuleFields;
  number: number;
  currency: string;
  change: (changed: Partial<RuleFields>) => void;
  remove: (() => void) | null;
  up: (() => void) | null;
  down: (() => void) | null;
  /** Of a field of this rule; of the rule itself where none is named. */
  problem: (field: string) => string | null;
}

/** One rule: for which vehicles, days and times, and what it costs then. */
export function RuleEditor({ rule, number, currency, change, remove, up, down, problem }: Props) {
  const { tariffs } = useMessages();
  const name = rule.name || tariffs.rule(number);
  const wrong = problem("");
  const wrongWindow = problem("window");
  return (
    <li className="grid gap-3 rounded-control border border-line bg-raised p-3" data-rule={number}>
      <div className="flex flex-wrap items-end gap-2">
        <TextField
          label={`${tariffs.rule(number)}: ${tariffs.name}`}
          value={rule.name}
          change={(text) => change({ name: text })}
          maxLength={100}
          autoComplete="off"
          problem={problem("name")}
          className="min-w-0 flex-1 basis-48"
        />
        <Button look="quiet" aria-label={tariffs.up(name)} disabled={!up} onClick={() => up?.()}>
          <ArrowUp aria-hidden size={18} />
        </Button>
        <Button look="quiet" aria-label={tariffs.down(name)} disabled={!down} onClick={() => down?.()}>
          <ArrowDown aria-hidden size={18} />
        </Button>
        <Button look="quiet" aria-label={tariffs.removeRule(name)} disabled={!remove} onClick={() => remove?.()}>
          <Trash2 aria-hidden size={18} />
        </Button>
      </div>
      {wrong && <p className="font-medium text-deny">{wrong}</p>}
      <ChoiceGroup
        label={tariffs.vehicles}
        hint={tariffs.vehiclesHint}
        all={VEHICLES}
        names={tariffs.vehicleNames}
        chosen={rule.vehicles}
        change={(vehicles) => change({ vehicles })}
      />
      <ChoiceGroup
        label={tariffs.days}
        hint={tariffs.daysHint}
        all={DAYS}
        names={tariffs.dayNames}
        chosen={rule.days}
        change={(days) => change({ days })}
        problem={problem("days")}
      />
      <div>
        <div className="flex flex-wrap gap-3">
          <TextField label={tariffs.from} type="time" value={rule.from} change={(from) => change({ from })} className="w-32" />
          <TextField label={tariffs.until} type="time" value={rule.until} change={(until) => change({ until })} className="w-32" />
        </div>
        <p className={`mt-1 text-small ${wrongWindow ? "font-medium text-deny" : "text-soft"}`}>{wrongWindow ?? tariffs.windowHint}</p>
      </div>
      <BandRows bands={rule.bands} currency={currency} change={(bands) => change({ bands })} problem={problem} />
    </li>
  );
}
