import { useMutation } from "@tanstack/react-query";
import { CalendarPlus, X } from "lucide-react";
import { useRef } from "react";
import type { TariffHoliday } from "../api/schema.gen";
import { readHolidays } from "../api/tariffs";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { FormProblem } from "../ui/FormProblem";
import { Panel } from "../ui/Panel";
import { toasts } from "../ui/toastManager";

interface Props {
  holidays: readonly TariffHoliday[];
  change: (holidays: TariffHoliday[]) => void;
  problem: (field: string) => string | null;
}

function keyOf({ name, from, until }: TariffHoliday): string {
  return `${from} ${until} ${name}`;
}

/** The days that are holidays, out of a calendar file. */
export function HolidaysField({ holidays, change, problem }: Props) {
  const { tariffs } = useMessages();
  const input = useRef<HTMLInputElement>(null);
  const reading = useMutation({
    mutationFn: async (file: File) => readHolidays(await file.text()),
    onSuccess: (found) => {
      const known = new Set(holidays.map(keyOf));
      change([...holidays, ...found.filter((one) => !known.has(keyOf(one)))]);
      toasts.add({ title: tariffs.read(found.length) });
    },
  });
  const choose = (file: File | undefined) => {
    if (file) reading.mutate(file);
    if (input.current) input.current.value = "";
  };
  return (
    <Panel
      title={tariffs.holidays}
      aside={
        <Button disabled={reading.isPending} onClick={() => input.current?.click()}>
          <CalendarPlus aria-hidden size={18} />
          {tariffs.upload}
        </Button>
      }
    >
      <input
        ref={input}
        type="file"
        accept=".ics,text/calendar"
        aria-label={tariffs.upload}
        className="hidden"
        onChange={(event) => choose(event.target.files?.[0])}
      />
      <p className="mb-2 text-small text-soft">{tariffs.holidaysHint}</p>
      <FormProblem error={reading.error} />
      {holidays.length === 0 && <p className="text-soft">{tariffs.noHolidays}</p>}
      <ul className="grid gap-1">
        {holidays.map((holiday, index) => (
          <li key={`${holiday.from} ${holiday.name}`} className="flex items-center gap-2" data-holiday={holiday.from}>
            <span className="min-w-0 flex-1 wrap-anywhere">
              {holiday.name}{" "}
              <span className="text-small text-soft tabular-nums">
                {holiday.from === holiday.until ? holiday.from : `${holiday.from} – ${holiday.until}`}
                {holiday.yearly && `, ${tariffs.everyYear}`}
              </span>
              {problem(`holidays[${index}].name`) && <span className="block text-small text-deny">{problem(`holidays[${index}].name`)}</span>}
            </span>
            <Button
              look="quiet"
              className="min-w-11 px-2!"
              aria-label={tariffs.removeHoliday(holiday.name)}
              onClick={() => change(holidays.filter((_, at) => at !== index))}
            >
              <X aria-hidden size={18} />
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
