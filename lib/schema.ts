import * as z from 'zod/mini';

/** One problem of an event, with its dotted path from the event's root (`''` is the event itself). */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** A string of well-formed Unicode whose length, counted in code points, lies within the bounds. */
export function text(min: number, max: number): z.ZodMiniString {
  return z.string().check(
    z.refine((value) => value.isWellFormed(), { error: 'must be well-formed Unicode' }),
    z.refine((value) => hasLength(value, min, max), {
      error: min > 0 ? `must have ${min} to ${max} characters` : `must have at most ${max} characters`,
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

export const emailSchema: z.ZodMiniString = text(0, 254).check(
  z.refine((value) => /^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u.test(value), {
    error: 'must be an e-mail address: one @ with something on both sides, no spaces or control characters',
  }),
);

const RFC_3339 =
  /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

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
  }),
);

/** A value that fits its schema, or every problem that keeps it from fitting. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Reads an untrusted value, naming every problem with its path under `path` and never the value itself. */
export function read<T>(
  schema: z.core.$ZodType<T>,
  value: unknown,
  path: readonly string[] = [],
): Reading<T> {
  const result = z.safeParse(schema, value, { error: wording });
  if (result.success) return { ok: true, value: result.data };
  const issues = bounded(result.error.issues).flatMap((issue) => toIssues(issue, path));
  return { ok: false, issues: bounded(issues) };
}

/** More problems than anybody would read, of an event made to exhaust memory, are cut off. */
export function bounded<T>(problems: readonly T[]): readonly T[] {
  return problems.slice(0, 1000);
}

function toIssues(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): Issue[] {
  const at = [...path, ...issue.path];
  if (issue.code !== 'unrecognized_keys') return [{ path: at.join('.'), message: issue.message }];
  return bounded(issue.keys).map((key) => ({
    path: [...at, key].join('.'),
    message: 'is not a known field',
  }));
}

function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is required';
  if (issue.code === 'invalid_type')
    return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  return undefined;
}
