import { useQuery } from "@tanstack/react-query";
import { lanes as lanesQuery } from "../api/lanes";
import type { Lane } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { RadioField } from "../ui/RadioField";

/** Cars that wait at a lane of this direction and may not pass yet. */
export function useWaitingCars(direction: Lane["direction"]): Lane[] {
  const { site } = useSite();
  const { data = [] } = useQuery(lanesQuery(site.id));
  return data.filter((lane) => lane.direction === direction && lane.last && lane.last.outcome !== "open");
}

interface Props {
  cars: readonly Lane[];
  /** Arrival of the car, or null: by hand. */
  arrival: string | null;
  choose: (arrival: string | null) => void;
}

/** Which car it is about: one that waits at a lane, or none. */
export function WaitingCarField({ cars, arrival, choose }: Props) {
  const { tickets, lanes } = useMessages();
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{tickets.where}</legend>
      {cars.map((lane) => (
        <RadioField
          key={lane.id}
          name="car"
          isChecked={arrival === lane.last?.arrival}
          choose={() => choose(lane.last?.arrival ?? null)}
        >
          {tickets.atLane(lane.name || lane.code, lane.last?.plate ?? lanes.notRead)}
        </RadioField>
      ))}
      <RadioField name="car" isChecked={arrival === null} choose={() => choose(null)}>
        {tickets.byHand}
      </RadioField>
    </fieldset>
  );
}
