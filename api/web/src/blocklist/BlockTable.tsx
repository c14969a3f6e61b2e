import type { Block } from "../api/schema.gen";
import { Time } from "../clock/Time";
import { useMessages } from "../i18n/CatalogueContext";
import { Plate } from "../plates/Plate";
import { Badge } from "../ui/Badge";
import { TableFrame } from "../ui/TableFrame";
import { CELL } from "../ui/tableCells";

interface Props {
  blocks: readonly Block[];
  show: (id: string) => void;
  chosen: readonly string[];
  /** None: nothing can be chosen. */
  choose: ((chosen: readonly string[]) => void) | null;
}

/** One block a row; the plate leads to what can be changed. */
export function BlockTable({ blocks, show, chosen, choose }: Props) {
  const { blocklist, screens } = useMessages();
  const toggle = (id: string) => choose?.(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <TableFrame label={screens.blocklist}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {choose && (
              <th className={CELL}>
                <span className="sr-only">{blocklist.selected(chosen.length)}</span>
              </th>
            )}
            {[blocklist.plate, blocklist.reason, blocklist.until, blocklist.by].map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {blocks.map((block) => (
            <tr
              key={block.id}
              data-block={block.plate}
              className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
            >
              {choose && (
                <td className={CELL}>
                  <input
                    type="checkbox"
                    aria-label={blocklist.choose(block.written)}
                    checked={chosen.includes(block.id)}
                    onChange={() => toggle(block.id)}
                    className="relative z-10 size-5 accent-accent"
                  />
                </td>
              )}
              <td className={CELL}>
                <button type="button" onClick={() => show(block.id)} className="after:absolute after:inset-0">
                  <Plate text={block.written} />
                </button>{" "}
                {block.inside && <Badge tone="bad">{blocklist.inside}</Badge>}
              </td>
              <td className={`${CELL} min-w-40 wrap-anywhere`}>{block.reason}</td>
              <td className={CELL}>
                {block.lifted ? (
                  <Badge>{blocklist.liftedBy(block.lifted.by ?? "")}</Badge>
                ) : block.until ? (
                  <Time at={block.until} />
                ) : (
                  blocklist.untilLifted
                )}
              </td>
              <td className={CELL}>
                {block.added.by} <Time at={block.added.at} className="text-small text-soft" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
