import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CarFront, Keyboard, Languages, type LucideIcon, Milestone, LogOut, Palette as PaletteIcon } from "lucide-react";
import { lanes as lanesQuery } from "../api/lanes";
import { staysLike } from "../api/stays";
import { useSite } from "../feed/SiteContext";
import { useCatalogue } from "../i18n/CatalogueContext";
import { LANGUAGES, type Language } from "../i18n/language";
import { THEMES, changeSettings } from "../ui/settings";
import { screensFor } from "./screens";
import { matches } from "./searchText";
import { useLogOut } from "./useLogOut";

export interface PaletteItem {
  id: string;
  label: string;
  hint?: string;
  Icon: LucideIcon;
  run: () => void;
}

export interface PaletteGroup {
  label: string;
  items: PaletteItem[];
}

/** Fewer letters of a plate find too many. */
const LETTERS = 3;

/** Everything that `text` finds, in groups; nothing empty. */
export function usePaletteItems(text: string, openKeys: () => void): PaletteGroup[] {
  const { messages } = useCatalogue();
  const { groups } = messages.palette;
  const lanes = useLaneItems();
  const screens = useScreenItems();
  const commands = useCommandItems(openKeys);
  const stays = useStayItems(text.trim());
  const fits = ({ label }: PaletteItem) => matches(label, text);
  return [
    { label: groups.stays, items: stays },
    { label: groups.lanes, items: lanes.filter(fits) },
    { label: groups.screens, items: screens.filter(fits) },
    { label: groups.commands, items: commands.filter(fits) },
  ].filter(({ items }) => items.length > 0);
}

function useLaneItems(): PaletteItem[] {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const navigate = useNavigate();
  const { data = [] } = useQuery(lanesQuery(site.id));
  return data.map((lane) => ({
    id: `lane ${lane.id}`,
    label: lane.name || lane.code,
    hint: messages.direction[lane.direction],
    Icon: Milestone,
    run: () => void navigate({ to: "/live", search: { lane: lane.code } }),
  }));
}

function useScreenItems(): PaletteItem[] {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const navigate = useNavigate();
  return screensFor(site).map(({ name, path, Icon, keys }) => ({
    id: `screen ${name}`,
    label: messages.screens[name],
    hint: keys,
    Icon,
    run: () => void navigate({ to: path }),
  }));
}

function useCommandItems(openKeys: () => void): PaletteItem[] {
  const { messages, setLanguage } = useCatalogue();
  const logOut = useLogOut();
  const { menu, login } = messages;
  return [
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      label: `${menu.theme}: ${menu.themes[theme]}`,
      Icon: PaletteIcon,
      run: () => changeSettings({ theme }),
    })),
    ...(Object.entries(LANGUAGES) as [Language, string][]).map(([language, name]) => ({
      id: `language ${language}`,
      label: `${menu.language}: ${name}`,
      Icon: Languages,
      run: () => setLanguage(language),
    })),
    { id: "keys", label: menu.keys, hint: "?", Icon: Keyboard, run: openKeys },
    { id: "log out", label: login.out, Icon: LogOut, run: logOut },
  ];
}

function useStayItems(text: string): PaletteItem[] {
  const { messages } = useCatalogue();
  const { site } = useSite();
  const navigate = useNavigate();
  const plate = text.replace(/[\s-]/g, "");
  const isAsked = plate.length >= LETTERS && /^[a-z0-9]+$/i.test(plate);
  const { data = [] } = useQuery({ ...staysLike(site.id, plate), enabled: isAsked, placeholderData: keepPreviousData });
  if (!isAsked) return [];
  return data.map((stay) => ({
    id: `stay ${stay.id}`,
    label: stay.plate ?? messages.stays.unread,
    hint: messages.stays.states[stay.status],
    Icon: CarFront,
    run: () => void navigate({ to: "/stays/$id", params: { id: stay.id } }),
  }));
}
