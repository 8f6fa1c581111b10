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
  return withForbiddenRoles(differencesBetween(comparedOf(wanted), fields), wanted, fields);
}

/** The same for a user who was just created, as far as the answer to the create shows anything. */
export function differencesFromNew(wanted: Wanted, { fields }: FoundUser): Differences {
  // An answer that leaves even the person empty says nothing by an empty list of roles.
  const isBlank = isEmpty(fields[wanted.provider.keyField]) && isEmpty(fields.email);
  const shows = (name: string, value: unknown) =>
    isShown(fields[name], value) && !(isBlank && isEmptyList(fields[name]));
  const compared = comparedOf(wanted);
  const shown = Object.entries(fields).filter(([name]) => shows(name, compared.privilege[name]));
  return withForbiddenRoles(differencesBetween(compared, fields, shows), wanted, Object.fromEntries(shown));
}

function comparedOf({ provider, user }: Wanted) {
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

function withForbiddenRoles(
  differences: Differences,
  { provider: { roleFields }, allowedRoles }: Wanted,
  fields: Fields,
): Differences {
  const forbidden = roleFields.filter((field) =>
    [isEmpty(fields[field]) ? [] : fields[field]].flat().some((role) => !isAllowed(role, allowedRoles)),
  );
  return { ...differences, decisive: [...new Set([...differences.decisive, ...forbidden])] };
}
