import { hash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import * as z from 'zod/mini';
import { text } from './schema.ts';

/** Neither space, control nor invisible character, none of `@<>`, nor what NFC would turn into an ASCII character. */
const SIDE = String.raw`[^\s\p{Cc}\p{Cf}@<>\u{37E}\u{1FEF}\u{212A}]+`;
/** Nearly all e-mails; made of ASCII without `<`, `>` and a second `@`. */
const PLAIN = /^[!-;=?A-~]+@[A-Za-z\d.-]+$/;
/** Made when the first one comes that is not plain: it takes half a millisecond. */
let anyEmail: RegExp | undefined;

function isWellFormed(value: string): boolean {
  if (PLAIN.test(value)) return true;
  anyEmail ??= new RegExp(`^${SIDE}@${SIDE}$`, 'u');
  return anyEmail.test(value);
}

export const emailSchema: z.ZodMiniString = text(0, 254).check(
  z.refine(isWellFormed, {
    error:
      'must be an e-mail address: one @ with something on both sides, no spaces, no control or invisible characters, ' +
      'no < or >',
    params: { pattern: `^${SIDE}@${SIDE}$` },
  }),
);

export function isEmail(value: unknown): value is string {
  return typeof value === 'string' && value.includes('@') && emailSchema.safeParse(value).success;
}

/** The same text for two e-mails that are the same: NFC, the letters A to Z in lower case, the domain in ASCII. */
export function canonicalEmail(email: string): string {
  // What follows costs ten times as much.
  if (PLAIN.test(email) && !email.toLowerCase().includes('xn--')) return email.toLowerCase();
  // Without its capital a letter may make one character with the mark behind it.
  const whole = withoutCase(email.normalize()).normalize();
  const domainAt = whole.lastIndexOf('@') + 1;
  return whole.slice(0, domainAt) + asciiDomain(whole.slice(domainAt));
}

/** With the letters A to Z, and no other, in lower case. */
export function withoutCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** By UTS #46 (https://www.unicode.org/reports/tr46/); as it is where that is not possible. */
function asciiDomain(domain: string): string {
  // Other characters of ASCII mean something in a URL, and `domainToASCII` reads a host as a URL does: it drops what
  // follows a slash, and makes an IPv4 address of a name that ends in a number.
  if (!/^[\w.\-\u{80}-\u{10FFFF}]+$/u.test(domain)) return domain;
  const suffix = '.x';
  return domainToASCII(domain + suffix).slice(0, -suffix.length) || domain;
}

/** A key for a user whose request states none: the same for the same e-mail, however it is written. */
export function derivedUserId(email: string): string {
  const whole = canonicalEmail(email);
  const local = whole.slice(0, whole.lastIndexOf('@'));
  const words = local.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const lettered = /^[a-z]/.test(words) ? words : `u-${words}`;
  const digits = hash('sha256', whole).slice(0, 16);
  return `${lettered.slice(0, 46).replace(/-$/, '')}-${digits}`;
}
