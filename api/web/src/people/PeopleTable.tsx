import { CircleCheck, CircleSlash } from "lucide-react";
import type { User } from "../api/schema.gen";
import { useSite } from "../feed/SiteContext";
import { useMessages } from "../i18n/CatalogueContext";
import { Badge } from "../ui/Badge";
import { TableFrame } from "../ui/TableFrame";
import { Time } from "../ui/Time";
import { CELL } from "../ui/tableCells";

/** One person a row; the name leads to what can be changed. */
export function PeopleTable({ people, show }: { people: readonly User[]; show: (id: string) => void }) {
  const { people: texts, screens } = useMessages();
  return (
    <TableFrame label={screens.people}>
      <table className="w-full border-collapse">
        <thead>
          <tr className="h-11 border-b border-line text-small text-soft">
            {[texts.name, texts.access, texts.state].map((head) => (
              <th key={head} className={`${CELL} font-semibold`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <PersonRow key={person.id} person={person} show={show} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function PersonRow({ person, show }: { person: User; show: (id: string) => void }) {
  const { people, roles } = useMessages();
  const { me } = useSite();
  return (
    <tr
      className="relative h-(--row) border-b border-line last:border-0 hover:bg-raised has-focus-visible:bg-accent-ground"
      data-person={person.name}
    >
      <td className={CELL}>
        <button
          type="button"
          onClick={() => show(person.id)}
          className="text-left font-medium wrap-anywhere text-accent after:absolute after:inset-0"
        >
          {person.name}
        </button>{" "}
        {person.id === me.id && <Badge>{people.you}</Badge>}
        {person.email && <p className="text-small wrap-anywhere text-soft">{person.email}</p>}
      </td>
      <td className={CELL}>
        {person.memberships.length === 0 && <span className="text-soft">{people.nothing}</span>}
        <ul>
          {person.memberships.map(({ role, site }) => (
            <li key={`${site} ${role}`}>
              {roles[role]} <span className="text-small text-soft">{site ?? people.everySite}</span>
            </li>
          ))}
        </ul>
      </td>
      <td className={CELL}>
        <PersonState person={person} />
      </td>
    </tr>
  );
}

function PersonState({ person }: { person: User }) {
  const { people } = useMessages();
  if (!person.disabled_at) {
    return (
      <span className="inline-flex flex-wrap items-center gap-1.5">
        <CircleCheck aria-hidden size={16} className="text-open" />
        {people.enabled}
        {person.invited && <Badge tone="warn">{people.invited}</Badge>}
        {person.totp && <Badge tone="good">{people.secondFactor}</Badge>}
      </span>
    );
  }
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5 text-deny">
      <CircleSlash aria-hidden size={16} />
      {people.disabled} <Time at={person.disabled_at} className="text-small text-soft" />
    </span>
  );
}
