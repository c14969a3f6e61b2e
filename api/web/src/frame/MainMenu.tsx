import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { Check, CircleUser } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { LANGUAGES, type Language } from "../i18n/language";
import { useObservable } from "../ui/Observable";
import { DENSITIES, type Density, THEMES, type Theme, changeSettings, settings as settingsHere } from "../ui/settings";
import { useLogOut } from "./useLogOut";

const ITEM =
  "flex min-h-11 cursor-default items-center gap-2 rounded-control px-3 outline-none select-none data-highlighted:bg-accent-ground";

/** Whoever sits here, and what they set on this machine. */
export function MainMenu({ container, openKeys }: { container: RefObject<HTMLElement | null>; openKeys: () => void }) {
  const { messages, language, setLanguage } = useCatalogue();
  const { me } = useSite();
  const settings = useObservable(settingsHere);
  const logOut = useLogOut();
  const { menu } = messages;
  return (
    <Menu.Root>
      <Menu.Trigger
        data-own-menu
        aria-label={`${menu.title}: ${me.name}`}
        className="flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-control px-2 hover:bg-raised"
      >
        <CircleUser aria-hidden size={22} />
        <span className="hidden max-w-32 truncate desk:inline">{me.name}</span>
      </Menu.Trigger>
      <Menu.Portal container={container}>
        <Menu.Positioner sideOffset={6} align="end" className="z-30">
          <Menu.Popup className="motion max-h-(--available-height) w-72 overflow-y-auto rounded-card border border-line bg-card p-1.5 shadow-2xl transition-opacity outline-none data-ending-style:opacity-0 data-starting-style:opacity-0">
            <Choice label={menu.theme} value={settings.theme} set={(theme: Theme) => changeSettings({ theme })} options={THEMES.map((one) => [one, menu.themes[one]])} />
            <Choice label={menu.language} value={language} set={(one: Language) => setLanguage(one)} options={Object.entries(LANGUAGES) as [Language, string][]} />
            <Choice label={menu.density} value={settings.density} set={(density: Density) => changeSettings({ density })} options={DENSITIES.map((one) => [one, menu.densities[one]])} />
            <Menu.CheckboxItem checked={settings.sound} onCheckedChange={(isOn) => changeSettings({ sound: isOn })} className={ITEM}>
              <Mark>
                <Menu.CheckboxItemIndicator>
                  <Check aria-hidden size={16} />
                </Menu.CheckboxItemIndicator>
              </Mark>
              {menu.sound}
            </Menu.CheckboxItem>
            <Menu.Separator className="my-1.5 h-px bg-line" />
            <Menu.LinkItem className={ITEM} render={<Link to="/account" />} closeOnClick>
              <Mark />
              {messages.account.title}
            </Menu.LinkItem>
            <Menu.Item className={ITEM} onClick={openKeys}>
              <Mark />
              {menu.keys}
            </Menu.Item>
            <Menu.LinkItem className={ITEM} href="/docs">
              <Mark />
              {menu.docs}
            </Menu.LinkItem>
            <Menu.Item className={ITEM} onClick={logOut}>
              <Mark />
              {messages.login.out}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Mark({ children }: { children?: ReactNode }) {
  return <span className="grid size-4 shrink-0 place-items-center">{children}</span>;
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  set: (value: T) => void;
  options: readonly (readonly [T, string])[];
}

function Choice<T extends string>({ label, value, set, options }: ChoiceProps<T>) {
  return (
    <Menu.Group className="border-b border-line pb-1.5 not-first:pt-1.5">
      <Menu.GroupLabel className="px-3 py-1 text-small font-semibold text-soft">{label}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={(chosen: T) => set(chosen)}>
        {options.map(([one, text]) => (
          <Menu.RadioItem key={one} value={one} className={ITEM}>
            <Mark>
              <Menu.RadioItemIndicator>
                <Check aria-hidden size={16} />
              </Menu.RadioItemIndicator>
            </Mark>
            {text}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
