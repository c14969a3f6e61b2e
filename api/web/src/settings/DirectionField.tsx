import type { LaneDirection } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { SelectField } from "../ui/SelectField";

/** Whether cars come in or go out. */
export function DirectionField({ value, change }: { value: LaneDirection; change: (direction: LaneDirection) => void }) {
  const { settings, direction } = useMessages();
  return (
    <SelectField label={settings.lanes.direction} value={value} change={(one) => change(one === "exit" ? "exit" : "entry")}>
      <option value="entry">{direction.entry}</option>
      <option value="exit">{direction.exit}</option>
    </SelectField>
  );
}
