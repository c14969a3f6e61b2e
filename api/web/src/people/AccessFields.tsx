import type { Site } from "../api/schema.gen";
import { useMessages } from "../i18n/CatalogueContext";
import { RadioField } from "../ui/RadioField";
import { type Access, SITE_ROLES, type SiteRole } from "./access";

interface Props {
  sites: readonly Site[];
  access: Access;
  change: (access: Access) => void;
}

/** Everything everywhere, or a role at each site. */
export function AccessFields({ sites, access, change }: Props) {
  const { people, roles } = useMessages();
  const isAdmin = access.kind === "admin";
  const first = sites[0];
  const toSites = () => change({ kind: "sites", roles: first && sites.length === 1 ? { [first.code]: "guard" } : {} });
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{people.access}</legend>
      <RadioField name="access" isChecked={isAdmin} choose={() => change({ kind: "admin" })} hint={people.roleHints.admin}>
        {roles.admin}
      </RadioField>
      <RadioField name="access" isChecked={!isAdmin} choose={toSites} hint={people.bySiteHint}>
        {people.bySite}
      </RadioField>
      {!isAdmin && (
        <div className="grid gap-2 border-l-2 border-line pl-4">
          {sites.map((site) => (
            <RoleAt key={site.code} site={site} access={access} change={change} />
          ))}
          <dl className="grid gap-1 text-small">
            {SITE_ROLES.map((role) => (
              <div key={role}>
                <dt className="inline font-medium">{roles[role]}: </dt>
                <dd className="inline text-soft">{people.roleHints[role]}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </fieldset>
  );
}

interface RoleProps {
  site: Site;
  access: Extract<Access, { kind: "sites" }>;
  change: (access: Access) => void;
}

function RoleAt({ site, access, change }: RoleProps) {
  const { people, roles } = useMessages();
  const set = (role: string) => {
    const { [site.code]: _before, ...others } = access.roles;
    change({ kind: "sites", roles: role ? { ...others, [site.code]: role as SiteRole } : others });
  };
  return (
    <label className="grid items-center gap-x-3 phone:grid-cols-[1fr_11rem]">
      <span className="min-w-0 wrap-anywhere">{site.name}</span>
      <select
        value={access.roles[site.code] ?? ""}
        onChange={(event) => set(event.target.value)}
        className="min-h-11 rounded-control border border-strong-line bg-card px-2"
      >
        <option value="">{people.noRole}</option>
        {SITE_ROLES.map((role) => (
          <option key={role} value={role}>
            {roles[role]}
          </option>
        ))}
      </select>
    </label>
  );
}
