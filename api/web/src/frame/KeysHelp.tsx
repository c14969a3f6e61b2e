import { useMessages } from "../i18n/CatalogueContext";
import { Kbd } from "../ui/Kbd";
import { Modal } from "../ui/Modal";
import { SCREENS } from "./keymap";

/** The keys, as `keymap.ts` has them. */
export function KeysHelp({ close }: { close: () => void }) {
  const { keys, screens, tickets } = useMessages();
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
    ...Object.entries(SCREENS).map(([key, name]) => [["g", key], keys.goTo(screens[name])] as const),
    [["n"], tickets.goKeys.issue],
    [["x"], tickets.goKeys.exit],
    [["m"], tickets.goKeys.lost],
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
