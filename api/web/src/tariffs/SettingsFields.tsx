import { useMessages } from "../i18n/CatalogueContext";
import { TextField } from "../ui/TextField";
import type { TariffFields } from "./draftFields";

interface Props {
  fields: TariffFields;
  change: (changed: Partial<TariffFields>) => void;
  currency: string;
  problem: (field: string) => string | null;
}

/** Everything of a tariff but its rules. */
export function SettingsFields({ fields, change, currency, problem }: Props) {
  const { tariffs } = useMessages();
  const minutes = [
    { name: "grace", label: tariffs.grace, hint: tariffs.graceHint, path: "grace_minutes" },
    { name: "free", label: tariffs.free, hint: tariffs.freeHint, path: "free_minutes" },
    { name: "exit", label: tariffs.exit, hint: tariffs.exitHint, path: "exit_time_minutes" },
  ] as const;
  const prices = [
    { name: "dailyCap", label: tariffs.dailyCap, hint: tariffs.dailyCapHint, path: "daily_cap" },
    { name: "cap24h", label: tariffs.cap24h, hint: tariffs.cap24hHint, path: "cap_24h" },
    { name: "monthlyCap", label: tariffs.monthlyCap, hint: tariffs.monthlyCapHint, path: "monthly_cap" },
    { name: "lostTicket", label: tariffs.lostTicket, hint: tariffs.lostTicketHint, path: "lost_ticket" },
  ] as const;
  return (
    <div className="grid gap-4">
      <TextField
        label={tariffs.name}
        value={fields.name}
        change={(name) => change({ name })}
        maxLength={100}
        autoComplete="off"
        problem={problem("name")}
      />
      <div className="grid gap-4 phone:grid-cols-3">
        {minutes.map(({ name, label, hint, path }) => (
          <TextField
            key={name}
            label={label}
            hint={hint}
            value={fields[name]}
            change={(text) => change({ [name]: text })}
            inputMode="numeric"
            maxLength={6}
            autoComplete="off"
            problem={problem(path)}
          />
        ))}
      </div>
      <div className="grid gap-4 phone:grid-cols-2">
        {prices.map(({ name, label, hint, path }) => (
          <TextField
            key={name}
            label={`${label} (${currency})`}
            hint={hint}
            value={fields[name]}
            change={(text) => change({ [name]: text })}
            inputMode="decimal"
            maxLength={12}
            autoComplete="off"
            problem={problem(path)}
          />
        ))}
        <TextField
          label={tariffs.vat}
          hint={tariffs.vatHint}
          value={fields.vat}
          change={(vat) => change({ vat })}
          inputMode="decimal"
          maxLength={6}
          autoComplete="off"
          problem={problem("vat_basis_points")}
        />
      </div>
    </div>
  );
}
