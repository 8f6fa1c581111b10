import { isDeepStrictEqual } from 'node:util';
import type { ComparedFields, Fields } from '../providers/provider.ts';

/** The names of the fields in which an existing user differs from the requested one. */
export interface Differences {
  /** In identity or privilege: this is not the user that the request means. */
  readonly decisive: readonly string[];
  /** In what only describes the user. */
  readonly descriptive: readonly string[];
}

/** Compares the fields that the request states, and those alone. */
export function differencesBetween(wanted: Fields, found: Fields, fields: ComparedFields): Differences {
  const differing = (names: readonly string[], same: (one: unknown, other: unknown) => boolean) =>
    names.filter((name) => wanted[name] !== undefined && !same(wanted[name], found[name]));
  return {
    decisive: [...differing(fields.identity, sameIdentity), ...differing(fields.privilege, sameSet)],
    // An empty text may not be shown at all.
    descriptive: differing(fields.descriptive, (one, other) => isDeepStrictEqual(one, other ?? '')),
  };
}

/** E-mail addresses are the same whatever their case, wherever they serve as an identity. */
export function sameIdentity(one: unknown, other: unknown): boolean {
  return identity(one) === identity(other);
}

function identity(value: unknown): unknown {
  // A flag that is not set may not be shown at all.
  if (value === false) return undefined;
  return typeof value === 'string' && value.includes('@') ? value.toLowerCase() : value;
}

function sameSet(one: unknown, other: unknown): boolean {
  const members = (value: unknown) => new Set([value ?? []].flat().map((member) => canonical(member)));
  return members(one).symmetricDifference(members(other)).size === 0;
}

/** The same text for the same member, whatever the order of its own members. */
function canonical(member: unknown): string {
  const isPlain = typeof member !== 'object' || member === null;
  return JSON.stringify(isPlain ? member : Object.entries(member).sort());
}
