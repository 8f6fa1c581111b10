import * as z from 'zod/mini';

/** One problem of an event, with its dotted path from the event's root (`''` is the event itself). */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/**
 * A string of well-formed Unicode whose length, counted in code points, lies within the bounds. `params` of a rule
 * are what `schemas/` says of it.
 */
export function text(min: number, max: number): z.ZodMiniString {
  return z.string().check(
    z.refine((value) => value.isWellFormed(), {
      error: 'must be well-formed Unicode',
      params: { pattern: '^\\P{Cs}*$' },
    }),
    z.refine((value) => hasLength(value, min, max), {
      error: min > 0 ? `must have ${min} to ${max} characters` : `must have at most ${max} characters`,
      params: { minLength: min, maxLength: max },
    }),
  );
}

function hasLength(value: string, min: number, max: number): boolean {
  // A code point takes one or two code units: most strings need not be counted.
  if (value.length > 2 * max) return false;
  if (value.length <= max && value.length >= 2 * min - 1) return true;
  const length = [...value].length;
  return length >= min && length <= max;
}

/** A member that may be left out, as it is read then: as undefined. Null is one way to leave it out. */
export function optional<T extends z.core.SomeType>(schema: T, isLeftOut = isNull) {
  return z.optional(z.pipe(unless(isLeftOut), z.optional(schema)));
}

/** A member that may be left out, by null too, and has the fallback then. */
export function withDefault<T extends z.ZodMiniType>(
  schema: T,
  fallback: z.core.util.NoUndefined<z.output<T>>,
) {
  return z.pipe(unless(isNull), z._default(schema, fallback));
}

function unless(isLeftOut: (value: unknown) => boolean) {
  return z.transform((value: unknown) => (isLeftOut(value) ? undefined : value));
}

function isNull(value: unknown): boolean {
  return value === null;
}

/** An array with an upper bound, which holds before any entry is judged: too many problems overflow zod's stack. */
export function list<T extends z.core.SomeType>(entry: T, most: number) {
  const counted = z.transform((value: unknown, context) => {
    if (Array.isArray(value) && value.length > most)
      context.issues.push({ code: 'custom', input: value, message: `must have at most ${most} entries` });
    return value;
  });
  return z.pipe(counted, z.array(entry).check(z.maxLength(most)));
}

const RFC_3339 =
  /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds since the epoch of an RFC 3339 time, or undefined where the text is none. */
export function timeOf(value: string): number | undefined {
  if (!RFC_3339.test(value) || !isDay(value.slice(0, 10))) return undefined;
  // JavaScript has no leap seconds; the second before is near enough.
  return Date.parse(value.toUpperCase().replace(/:60(?=[.Z+-])/, ':59'));
}

function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return new Date(time).getUTCDate() === Number(day.slice(8));
}

export const timeSchema: z.ZodMiniString = z.string().check(
  z.refine((value) => timeOf(value) !== undefined, {
    error: 'must be an RFC 3339 time, for example 2026-01-31T09:30:00Z',
    params: { pattern: RFC_3339.source },
  }),
);

/** A value that fits its schema, or every problem that keeps it from fitting. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Reads an untrusted value, naming every problem with its path under `path` and never the value itself; `known` are
 * problems that it is known to have besides.
 */
export function read<T>(
  schema: z.core.$ZodType<T>,
  value: unknown,
  path: readonly string[] = [],
  known: readonly Issue[] = [],
): Reading<T> {
  const result = z.safeParse(schema, value, { error: wording });
  if (result.success && known.length === 0) return { ok: true, value: result.data };
  const found = result.error?.issues ?? [];
  const count = found.reduce((sum, issue) => sum + numberOf(issue), known.length);
  const first = found.slice(0, MAX_ISSUES).flatMap((issue) => toIssues(issue, path));
  return { ok: false, issues: bounded([...known, ...first], count) };
}

export const MAX_ISSUES = 100;

/** Issues as they may be told: at most 100, of which the last, with the empty path, counts those that are not told. */
export function bounded(issues: readonly Issue[], count = issues.length): readonly Issue[] {
  if (count <= MAX_ISSUES) return issues;
  const told = issues.slice(0, MAX_ISSUES - 1);
  return [...told, { path: '', message: `has ${count - told.length} more problems` }];
}

/** All unknown fields of one object are one issue to zod. */
function numberOf(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
}

function toIssues(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): Issue[] {
  const at = [...path, ...issue.path];
  if (issue.code !== 'unrecognized_keys') return [{ path: at.join('.'), message: issue.message }];
  const fields = issue.keys.slice(0, MAX_ISSUES);
  return fields.map((field) => ({ path: [...at, field].join('.'), message: 'is not a known field' }));
}

function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is required';
  if (issue.code === 'invalid_type')
    return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  return undefined;
}
