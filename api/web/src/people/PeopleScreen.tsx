import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { sites as sitesQuery } from "../api/sites";
import { users as usersQuery } from "../api/users";
import { useMessages } from "../i18n/CatalogueContext";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ProblemPanel } from "../ui/ProblemPanel";
import { TextField } from "../ui/TextField";
import { InviteDialog } from "./InviteDialog";
import { PeopleTable } from "./PeopleTable";
import { PersonDialog } from "./PersonDialog";

const route = getRouteApi("/people");

/** Who may log in, and as what. */
export function PeopleScreen() {
  const { people, screens } = useMessages();
  return (
    <section className="mx-auto grid max-w-5xl gap-3">
      <title>{`${screens.people} · Boomgate`}</title>
      <h1 className="text-title font-semibold">{screens.people}</h1>
      <p className="text-soft">{people.hint}</p>
      <People />
    </section>
  );
}

function People() {
  const { people, ...messages } = useMessages();
  const { person: open, q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(usersQuery);
  const { data: sites = [] } = useQuery(sitesQuery);
  const show = (person: string | null) =>
    void navigate({ search: ({ person: _before, ...rest }) => (person ? { ...rest, person } : rest) });
  const find = (text: string) =>
    void navigate({ search: ({ q: _before, ...rest }) => (text ? { ...rest, q: text } : rest), replace: true });
  if (error && !data) return <ProblemPanel error={error} retry={() => void refetch()} />;
  if (!data) return <p className="text-soft">{messages.loading}</p>;
  const found = data.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase()));
  const person = data.find(({ id }) => id === open);
  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        <TextField label={people.find} type="search" value={q} change={find} autoComplete="off" className="w-full tablet:w-64" />
        <Button look="main" className="ml-auto" onClick={() => show("new")}>
          <UserPlus aria-hidden size={18} />
          {people.invite}
        </Button>
      </div>
      {found.length > 0 ? (
        <PeopleTable people={found} show={show} />
      ) : (
        <EmptyState title={people.none}>{people.noneHint}</EmptyState>
      )}
      {open === "new" && <InviteDialog sites={sites} close={() => show(null)} />}
      {person && sites.length > 0 && <PersonDialog key={person.id} person={person} sites={sites} close={() => show(null)} />}
    </>
  );
}
