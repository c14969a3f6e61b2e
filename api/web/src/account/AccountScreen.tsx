import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Panel } from "../ui/Panel";
import { NoticeList } from "./NoticeList";
import { PasswordPanel } from "./PasswordPanel";
import { SecondFactorPanel } from "./SecondFactorPanel";
import { SessionList } from "./SessionList";

/** What is one's own: who one is here, and where one is logged in. */
export function AccountScreen() {
  const { account, roles } = useMessages();
  const { me } = useSite();
  return (
    <div className="mx-auto grid max-w-3xl gap-4">
      <title>{`${account.title} · Boomgate`}</title>
      <h1 className="text-title font-semibold">{account.title}</h1>
      <Panel title={me.name}>
        <ul className="grid gap-1">
          {me.sites.map((site) => (
            <li key={site.id} className="flex flex-wrap gap-x-2">
              <span className="font-medium">{site.name}</span>
              <span className="text-soft">{site.roles.map((role) => roles[role]).join(", ")}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <NoticeList />
      <SecondFactorPanel />
      <PasswordPanel />
      <SessionList />
    </div>
  );
}
