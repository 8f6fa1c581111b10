import { canonicalEmail, isEmail } from '../e-mail.ts';
import type { ComparedFields, Fields } from '../providers/provider.ts';

/** The names of the fields in which an existing user differs from the requested one. */
export interface Differences {
  /** In identity or privilege: this is not the user that the request means. */
  readonly decisive: readonly string[];
  /** In what only describes the user. */
  readonly descriptive: readonly string[];
}

/** Compares the fields that the request states, and those alone; of these, where given, what `isShown`. */
export function differencesBetween(
  wanted: ComparedFields,
  found: Fields,
  isShown: (name: string, value: unknown) => boolean = () => true,
): Differences {
  const differing = (fields: Fields, same: (one: unknown, other: unknown) => boolean) =>
    Object.keys(fields).filter((name) => {
      const [one, other] = [fields[name], found[name]];
      return one !== other && one !== undefined && isShown(name, one) && !same(one, other);
    });
  return {
    decisive: [...differing(wanted.identity, sameIdentity), ...differing(wanted.privilege, sameSet)],
    descriptive: differing(wanted.descriptive, sameDescription),
  };
}

/** E-mails are the same when their canonical forms are, wherever they serve as an identity; all else to the letter. */
export function sameIdentity(one: unknown, other: unknown): boolean {
  return one === other || identity(one) === identity(other);
}

function identity(value: unknown): unknown {
  // A flag that is not set may not be shown at all.
  if (value === false) return undefined;
  return isEmail(value) ? canonicalEmail(value) : value;
}

function sameDescription(one: unknown, other: unknown): boolean {
  // An empty text may not be shown at all.
  return Array.isArray(one) ? sameSet(one, other) : canonical(one) === canonical(other ?? '');
}

function sameSet(one: unknown, other: unknown): boolean {
  const members = (value: unknown) => new Set([value ?? []].flat().map((member) => canonical(member)));
  return members(one).symmetricDifference(members(other)).size === 0;
}

/** The same text for the same value, whatever the order of its members; what nests deeper is like nothing else. */
function canonical(value: unknown): unknown {
  if (isPlain(value)) return JSON.stringify(value);
  const members = Object.entries(value);
  const isFlat = !Array.isArray(value) && members.every(([, member]) => isPlain(member));
  return isFlat ? JSON.stringify(members.sort()) : value;
}

function isPlain(value: unknown): value is string | number | boolean | null | undefined {
  return typeof value !== 'object' || value === null;
}
