import { useMessages } from "../i18n/CatalogueContext";
import { Kbd } from "../ui/Kbd";
import { Modal } from "../ui/Modal";

/** The keys, as `keymap.ts` has them. */
export function KeysHelp({ close }: { close: () => void }) {
  const { keys, tickets } = useMessages();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["1", "…", "9"], keys.lane],
    [["A", "B", "…"], keys.reason],
    [["1", "2", "…"], keys.candidate],
    [["v"], keys.preview],
    [["o"], keys.open],
    [["c"], keys.close],
    [["h"], keys.hold],
    [["r"], keys.release],
    [["p"], keys.pay],
    [["f", "/"], keys.find],
    [["Ctrl", "K"], keys.palette],
    [["g", "l"], keys.goLive],
    [["g", "s"], keys.goStays],
    [["g", "t"], keys.goTickets],
    [["n"], tickets.goKeys.issue],
    [["x"], tickets.goKeys.exit],
    [["m"], tickets.goKeys.lost],
    [["g", "a"], keys.goAlarms],
    [["g", "p"], keys.goPeople],
    [["g", "e"], keys.goSettings],
    [["g", "u"], keys.goAudit],
    [["g", "j"], keys.goJobs],
    [["g", "v"], keys.goVehicles],
    [["Esc"], keys.escape],
    [["?"], keys.help],
  ];
  return (
    <Modal title={keys.title} isText isOpen close={close}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {rows.map(([shown, text]) => (
          <div key={text} className="contents">
            <dt className="flex gap-1">
              {shown.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
