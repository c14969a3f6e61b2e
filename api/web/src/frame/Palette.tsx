import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import { useMessages } from "../i18n/CatalogueContext";
import { type PaletteGroup, type PaletteItem, usePaletteItems } from "./usePaletteItems";

interface Props {
  close: () => void;
  openKeys: () => void;
}

/** Finds every screen, lane, plate and command. */
export function Palette({ close, openKeys }: Props) {
  const messages = useMessages();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="motion fixed inset-0 z-30 bg-veil transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          data-modal
          aria-label={messages.palette.title}
          className="motion fixed inset-x-3 top-[10dvh] z-30 mx-auto max-w-xl overflow-hidden rounded-card border border-line bg-card shadow-2xl transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
        >
          <PaletteList close={close} openKeys={openKeys} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteList({ close, openKeys }: Props) {
  const messages = useMessages();
  const [text, setText] = useState("");
  const groups = usePaletteItems(text, openKeys);
  const run = (item: PaletteItem) => {
    close();
    item.run();
  };
  return (
    <Autocomplete.Root
      items={groups}
      open
      inline
      value={text}
      onValueChange={setText}
      autoHighlight="always"
      keepHighlight
      filter={null}
      itemToStringValue={(item: PaletteItem) => item.label}
    >
      <Autocomplete.Input
        aria-label={messages.palette.title}
        placeholder={messages.palette.placeholder}
        className="min-h-14 w-full border-b border-line bg-transparent px-4 text-large outline-none"
      />
      <Autocomplete.Empty className="empty:hidden">
        <div className="px-4 py-6 text-center">
          <p className="font-medium">{messages.palette.empty}</p>
          <p className="text-soft">{messages.palette.emptyHint}</p>
        </div>
      </Autocomplete.Empty>
      <Autocomplete.List className="max-h-[55dvh] overflow-y-auto p-1.5 empty:hidden">
        {(group: PaletteGroup) => (
          <Autocomplete.Group key={group.label} items={group.items} className="mb-1">
            <Autocomplete.GroupLabel className="px-3 py-1 text-small font-semibold text-soft">{group.label}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(item: PaletteItem) => (
                <Autocomplete.Item
                  key={item.id}
                  value={item}
                  onClick={() => run(item)}
                  className="flex min-h-11 cursor-default items-center gap-3 rounded-control px-3 outline-none select-none data-highlighted:bg-accent-ground"
                >
                  <item.Icon aria-hidden size={18} className="shrink-0 text-soft" />
                  <span className="min-w-0 flex-1 truncate">{item.label}</span>
                  {item.hint && <span className="text-small text-soft">{item.hint}</span>}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}
