import { Plus } from "lucide-react";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { Panel } from "../ui/Panel";
import { RuleEditor } from "./RuleEditor";
import { type RuleFields, type TariffFields, emptyRule } from "./draftFields";

interface Props {
  fields: TariffFields;
  change: (changed: Partial<TariffFields>) => void;
  currency: string;
  problem: (field: string) => string | null;
}

/** The rules in their order, which says which of them applies. */
export function RuleList({ fields: { rules }, change, currency, problem }: Props) {
  const { tariffs } = useMessages();
  const set = (index: number, rule: RuleFields) => change({ rules: rules.map((one, at) => (at === index ? rule : one)) });
  const move = (index: number, by: -1 | 1) => {
    const moved = [...rules];
    const [rule] = moved.splice(index, 1);
    if (rule) moved.splice(index + by, 0, rule);
    change({ rules: moved });
  };
  const wrong = problem("rules");
  return (
    <Panel title={tariffs.rules}>
      <p className="mb-3 text-small text-soft">{tariffs.rulesHint}</p>
      {wrong && <p className="mb-3 font-medium text-deny">{wrong}</p>}
      <ol className="grid gap-4">
        {rules.map((rule, index) => (
          <RuleEditor
            key={rule.key}
            rule={rule}
            number={index + 1}
            currency={currency}
            change={(changed) => set(index, { ...rule, ...changed })}
            remove={rules.length > 1 ? () => change({ rules: rules.filter((_, at) => at !== index) }) : null}
            up={index > 0 ? () => move(index, -1) : null}
            down={index + 1 < rules.length ? () => move(index, 1) : null}
            problem={(field) => problem(field ? `rules[${index}].${field}` : `rules[${index}]`)}
          />
        ))}
      </ol>
      <Button className="mt-3" onClick={() => change({ rules: [emptyRule(""), ...rules] })}>
        <Plus aria-hidden size={18} />
        {tariffs.addRule}
      </Button>
    </Panel>
  );
}
