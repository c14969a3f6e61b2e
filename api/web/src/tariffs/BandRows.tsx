import { Plus, Trash2 } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { TextField } from "../ui/TextField";
import type { BandFields } from "./draftFields";

interface Props {
  bands: readonly BandFields[];
  currency: string;
  change: (bands: BandFields[]) => void;
  problem: (field: string) => string | null;
}

/** Prices that follow each other from where charging begins. */
export function BandRows({ bands, currency, change, problem }: Props) {
  const { tariffs } = useMessages();
  const set = (index: number, changed: Partial<BandFields>) =>
    change(bands.map((band, at) => (at === index ? { ...band, ...changed } : band)));
  const wrong = problem("bands");
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="font-medium">{tariffs.bands}</legend>
      {wrong && <p className="font-medium text-deny">{wrong}</p>}
      {bands.map((band, index) => (
        // oxlint-disable-next-line no-array-index-key -- prices have no other name than their place
        <div key={index} className="grid grid-cols-[1fr_1fr_1fr_auto] items-end gap-2" data-band={index}>
          <TextField
            label={`${tariffs.price} (${currency})`}
            value={band.price}
            change={(price) => set(index, { price })}
            inputMode="decimal"
            maxLength={12}
            autoComplete="off"
            problem={problem(`bands[${index}].price`)}
          />
          <TextField
            label={tariffs.step}
            placeholder={tariffs.stepHint}
            value={band.step}
            change={(step) => set(index, { step })}
            inputMode="numeric"
            maxLength={6}
            autoComplete="off"
            problem={problem(`bands[${index}].step_minutes`)}
          />
          <TextField
            label={tariffs.upTo}
            placeholder={tariffs.upToHint}
            value={band.upTo}
            change={(upTo) => set(index, { upTo })}
            inputMode="numeric"
            maxLength={6}
            autoComplete="off"
            problem={problem(`bands[${index}].until_minute`)}
          />
          <Button
            look="quiet"
            className="min-w-11 px-2!"
            aria-label={tariffs.removeBand(index + 1)}
            disabled={bands.length === 1}
            onClick={() => change(bands.filter((_, at) => at !== index))}
          >
            <Trash2 aria-hidden size={18} />
          </Button>
        </div>
      ))}
      <p className="text-small text-soft">{`${tariffs.step}: ${tariffs.stepHint}. ${tariffs.upTo}: ${tariffs.upToHint}.`}</p>
      <Button look="quiet" className="w-fit" onClick={() => change([...bands, { price: "", step: "60", upTo: "" }])}>
        <Plus aria-hidden size={18} />
        {tariffs.addBand}
      </Button>
    </fieldset>
  );
}
