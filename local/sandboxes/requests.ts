import * as z from 'zod';
import { withAsciiDomain } from './users.ts';

/** The body as JSON; undefined, which no schema accepts, where it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What a provider lets pass as an e-mail address, and how it keeps it. */
export const emailAddress = z
  .string()
  .transform(withAsciiDomain)
  .pipe(z.email({ pattern: z.regexes.html5Email }));

/** Text of at most so many characters, counted in code points as JSON Schema does. */
export function characters(max: number) {
  return z.string().refine((value) => [...value].length <= max, `must be at most ${max} characters`);
}

/** One message for each field that is wrong or unknown, by its dotted path. */
export function fieldErrors(error: z.ZodError): Record<string, string> {
  return Object.fromEntries(error.issues.flatMap(entriesOf));
}

function entriesOf(issue: z.core.$ZodIssue): [string, string][] {
  const pathTo = (...keys: string[]) => [...issue.path, ...keys].join('.') || 'body';
  if (issue.code !== 'unrecognized_keys') return [[pathTo(), issue.message]];
  return issue.keys.map((key) => [pathTo(key), 'unknown field']);
}

const position = z.object({ offset: z.int().min(1) });

/** One page and the opaque token of the next, undefined after the last; no page for a token that is none. */
export function pageOf<T>(items: readonly T[], size: number, token: string | null) {
  const offset = token === null || token === '' ? 0 : offsetIn(token);
  if (offset === undefined) return undefined;
  const end = offset + size;
  const next = Buffer.from(JSON.stringify({ offset: end })).toString('base64url');
  return { items: items.slice(offset, end), next: end < items.length ? next : undefined };
}

function offsetIn(token: string): number | undefined {
  return position.safeParse(parseJson(Buffer.from(token, 'base64url').toString())).data?.offset;
}
