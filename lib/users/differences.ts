import type { Fields, FoundUser, Provider } from '../providers/provider.ts';
import { isAllowed } from './allow-list.ts';
import { type Differences, differencesBetween } from './compare.ts';

/** What a request asks for, and what it may. */
export interface Wanted {
  readonly provider: Provider;
  readonly user: Fields;
  /** Account-wide roles that a user may hold and still be the one that is meant. */
  readonly allowedRoles: readonly string[];
}

/** In what an existing user differs from the request; a role outside the allow-list always is a difference. */
export function differencesFromExisting(wanted: Wanted, { fields }: FoundUser): Differences {
  return withForbiddenRole(differencesBetween(wanted.user, fields, comparedBy(wanted)), wanted, fields);
}

/** The same for a user who was just created, as far as the answer to the create shows anything. */
export function differencesFromNew(wanted: Wanted, { fields }: FoundUser): Differences {
  const { provider, user } = wanted;
  const { roleField } = provider;
  // An answer that leaves even the person empty says nothing by an empty list of roles.
  const isBlank = isEmpty(fields[provider.keyField]) && isEmpty(fields.email);
  const shows = (name: string) =>
    isShown(fields[name], user[name]) && !(isBlank && isEmptyList(fields[name]));
  const differences = differencesBetween(user, fields, comparedBy(wanted), shows);
  return shows(roleField) ? withForbiddenRole(differences, wanted, fields) : differences;
}

function comparedBy({ provider, user }: Wanted) {
  return provider.compared(user);
}

/** Whether an answer shows a field at all: not by leaving it empty, nor by what is no list where one was asked for. */
function isShown(value: unknown, wanted: unknown): boolean {
  return !isEmpty(value) && (wanted === undefined || Array.isArray(value) === Array.isArray(wanted));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function withForbiddenRole(
  differences: Differences,
  { provider: { roleField }, allowedRoles }: Wanted,
  fields: Fields,
): Differences {
  const shown = fields[roleField];
  const roles: readonly unknown[] = Array.isArray(shown) ? shown : isEmpty(shown) ? [] : [shown];
  const isForbidden = roles.some((role) => !isAllowed(role, allowedRoles));
  if (!isForbidden) return differences;
  return { ...differences, decisive: [...new Set([...differences.decisive, roleField])] };
}
