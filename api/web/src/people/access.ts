// What a person may do where, as a form shows it, and the requests that lead from one to another. Pure.
import type { Role, User, UserChange } from "../api/schema.gen";

export type SiteRole = Exclude<Role, "admin">;
export const SITE_ROLES: readonly SiteRole[] = ["operator", "guard", "resident"];

/** Everything everywhere, or a role at each of some sites. */
export type Access = { kind: "admin" } | { kind: "sites"; roles: Readonly<Record<string, SiteRole>> };

export function isSiteRole(role: Role): role is SiteRole {
  return role !== "admin";
}

/** `codes`: every site, for one who has a role at all of them. */
export function accessOf({ memberships }: Pick<User, "memberships">, codes: readonly string[]): Access {
  if (memberships.some(({ role }) => role === "admin")) return { kind: "admin" };
  const roles: Record<string, SiteRole> = {};
  for (const { role, site } of memberships) {
    if (isSiteRole(role)) for (const code of site ? [site] : codes) roles[code] = role;
  }
  return { kind: "sites", roles };
}

/** One request for each role that is given, and what is taken with the first of them; none where nothing changes. */
export function changesBetween(before: Access, after: Access): UserChange[] {
  if (after.kind === "admin") return before.kind === "admin" ? [] : [{ role: "admin" }];
  const had = before.kind === "sites" ? before.roles : {};
  const given = Object.entries(after.roles).filter(([code, role]) => had[code] !== role);
  const take = Object.keys(had).filter((code) => !(code in after.roles));
  const changes = SITE_ROLES.flatMap((role): UserChange[] => {
    const give = given.filter(([, one]) => one === role).map(([code]) => code);
    return give.length > 0 ? [{ role, give }] : [];
  });
  if (take.length > 0) changes[0] = { ...changes[0], take };
  return changes;
}

/** Whether anything could be done with it at all. */
export function isBlind(access: Access): boolean {
  return access.kind === "sites" && Object.keys(access.roles).length === 0;
}
