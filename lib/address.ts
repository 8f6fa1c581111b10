import * as z from 'zod/mini';

/** A plain http or https URL as it is configured, of which all others are made: without a trailing slash. */
export const urlSchema = z.pipe(
  z
    .string()
    .check(
      z.refine(isPlainHttpUrl, { error: 'must be an http or https URL without query, fragment or user' }),
    ),
  z.transform((value) => {
    const { origin, pathname } = new URL(value);
    return (origin + pathname).replace(/\/+$/, '');
  }),
);

/** The same for an address that a secret names: nothing confidential goes to it in the clear, but on this machine. */
export const secureUrlSchema = urlSchema.check(
  z.refine((value) => value.startsWith('https:') || isLoopback(value), {
    error: 'must be an https URL (http only on the loopback)',
    params: { pattern: '^(?:https://|http://(?:localhost|127(?:\\.\\d+){3}|\\[::1\\])(?:[:/]|$))[^?#@]*$' },
  }),
);

function isPlainHttpUrl(value: string): boolean {
  const parsed = URL.parse(value);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  return parsed.search + parsed.hash + parsed.username + parsed.password === '';
}

function isLoopback(value: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(value).hostname);
}
