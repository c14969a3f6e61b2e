import type { SetupOptions } from "../api/schema.gen";
import { useCatalogue } from "../i18n/CatalogueContext";
import { LanguagesField } from "../ui/LanguagesField";
import { SelectField } from "../ui/SelectField";
import { TextField } from "../ui/TextField";
import { TimeZoneField } from "../ui/TimeZoneField";
import { codeOf } from "./draft";
import type { StepProps } from "./stepProps";

/** The car park itself: name, zone, money, languages of its signs, spaces. */
export function SiteStep({ draft, change, options }: StepProps & { options: SetupOptions }) {
  const { messages, language } = useCatalogue();
  const { setup, settings } = messages;
  const { site } = draft;
  const set = (changed: Partial<typeof site>) => change({ site: { ...site, ...changed } });
  const names = new Intl.DisplayNames(language, { type: "currency" });
  const code = codeOf(site.name);
  return (
    <>
      <h2 className="text-large font-semibold">{setup.siteTitle}</h2>
      <TextField
        label={setup.siteName}
        hint={code ? setup.codeIs(code) : setup.siteNameHint}
        value={site.name}
        change={(name) => set({ name })}
        maxLength={100}
        autoComplete="off"
        required
      />
      <div className="grid gap-4 phone:grid-cols-2">
        <TimeZoneField label={settings.sites.timeZone} value={site.timeZone} change={(timeZone) => set({ timeZone })} />
        <SelectField
          label={settings.sites.currency}
          hint={setup.currencyHint}
          value={site.currency}
          change={(currency) => set({ currency })}
        >
          {options.currencies.map((currency) => (
            <option key={currency} value={currency}>
              {`${currency} ${names.of(currency) ?? ""}`}
            </option>
          ))}
        </SelectField>
      </div>
      <LanguagesField label={setup.languages} value={site.languages} change={(languages) => set({ languages })} />
      <TextField
        label={setup.capacity}
        hint={setup.capacityHint}
        value={site.capacity}
        change={(capacity) => set({ capacity: capacity.replace(/\D/g, "") })}
        inputMode="numeric"
        maxLength={6}
        autoComplete="off"
        className="max-w-48"
      />
    </>
  );
}
