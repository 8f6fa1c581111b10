import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalEmail, derivedUserId, isEmail } from '../lib/e-mail.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { fireworks } from '../lib/providers/fireworks.ts';
import { differencesBetween } from '../lib/users/compare.ts';
import { deliveryOf, fireworksRequest } from './deliveries.ts';

function hashOf(canonical: string): string {
  return createHash('sha256').update(canonical, 'utf8').digest('hex').slice(0, 16);
}

/** The rule of the contract, sentence by sentence, character by character. */
function ruledUserId(email: string): string {
  const canonical = canonicalEmail(email);
  const local = canonical.slice(0, canonical.lastIndexOf('@'));
  let rest = '';
  for (const character of local) {
    const isKept = 'abcdefghijklmnopqrstuvwxyz0123456789'.includes(character);
    if (isKept) rest += character;
    else if (!rest.endsWith('-')) rest += '-';
  }
  if (rest.startsWith('-')) rest = rest.slice(1);
  if (rest.endsWith('-')) rest = rest.slice(0, -1);
  if (rest === '') rest = 'u';
  else if (!'abcdefghijklmnopqrstuvwxyz'.includes(rest.charAt(0))) rest = `u-${rest}`;
  rest = rest.substring(0, 46);
  while (rest.endsWith('-')) rest = rest.slice(0, -1);
  return `${rest}-${hashOf(canonical)}`;
}

const side = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 90 })
  .filter((text) => isEmail(`${text}@x`));
const plainSide = fc.stringMatching(/^[a-zA-Z0-9._+-]{1,90}$/);
const emails = fc
  .tuple(fc.oneof(side, plainSide), fc.oneof(side, plainSide))
  .map(([local, domain]) => `${local}@${domain}`);

const wordsOf = (userId: string) => userId.slice(0, userId.lastIndexOf('-'));

describe('The derived userId', () => {
  test.each([
    ['Ada.Lovelace+x@example.com', 'ada-lovelace-x-e6d4dc42d2e8c342'],
    ['42@example.com', 'u-42-9653cc0405b06f93'],
    ['__@example.com', 'u-3642e57a6a51a718'],
    ['ada@example.com', 'ada-b5fc85e55755f9e0'],
    ['ADA@Example.com', 'ada-b5fc85e55755f9e0'],
    ['Ada@BÜCHER.example', 'ada-804b82e26dacf398'],
    ['ada@xn--bcher-kva.example', 'ada-804b82e26dacf398'],
    ['..a..b..@x', `a-b-${hashOf('..a..b..@x')}`],
    ['üñï@x', `u-${hashOf('üñï@x')}`],
    ['7é7@x', `u-7-7-${hashOf('7é7@x')}`],
    ['7e\u03017@x', `u-7-7-${hashOf('7\u00E97@x')}`],
    ['ÄDA@x', `da-${hashOf('Äda@x')}`],
    [`${'a'.repeat(46)}@x`, `${'a'.repeat(46)}-${hashOf(`${'a'.repeat(46)}@x`)}`],
    [`${'a'.repeat(47)}@x`, `${'a'.repeat(46)}-${hashOf(`${'a'.repeat(47)}@x`)}`],
    [`${'a'.repeat(45)}.b@x`, `${'a'.repeat(45)}-${hashOf(`${'a'.repeat(45)}.b@x`)}`],
    [`${'1'.repeat(60)}@x`, `u-${'1'.repeat(44)}-${hashOf(`${'1'.repeat(60)}@x`)}`],
    [`1${'.'.repeat(43)}1@x`, `u-1-1-${hashOf(`1${'.'.repeat(43)}1@x`)}`],
  ])('of %s is %s', (email, userId) => {
    expect(derivedUserId(email)).toBe(userId);
  });

  test('follows the rule for every e-mail', () => {
    fc.assert(
      fc.property(emails, (email) => {
        expect(derivedUserId(email)).toBe(ruledUserId(email));
      }),
      { numRuns: 1000 },
    );
  });

  test('is always one that a request could state, and that Fireworks takes', () => {
    const readRequest = createRequestReader([fireworks]);
    fc.assert(
      fc.property(emails, (email) => {
        const userId = derivedUserId(email);
        expect(userId).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(readRequest(deliveryOf(fireworksRequest({}, { userId }))).user.userId).toBe(userId);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same whatever the case of the e-mail, and another one for another e-mail', () => {
    fc.assert(
      fc.property(plainSide, plainSide, (local, domain) => {
        const userId = derivedUserId(`${local}@${domain}`);
        expect(derivedUserId(`${local.toUpperCase()}@${domain.toUpperCase()}`)).toBe(userId);
        expect(derivedUserId(`${local}@${domain}.org`)).not.toBe(userId);
      }),
    );
  });

  test.each([
    ['a.b@x', 'a-b@x'],
    ['ada@example.com', 'ada@example.org'],
    ['ädä@x', 'ödö@x'],
    [`${'a'.repeat(46)}@x`, `${'a'.repeat(47)}@x`],
    ['ÄDA@x', 'äda@x'],
  ])('of %s and %s has the same words and other digits', (one, other) => {
    expect(wordsOf(derivedUserId(one))).toBe(wordsOf(derivedUserId(other)));
    expect(derivedUserId(one)).not.toBe(derivedUserId(other));
  });

  test('that two e-mails should share leads to no shared user: who is there has another e-mail', () => {
    const userId = derivedUserId('ada@example.com');
    const wanted = { email: 'eve@example.com', userId, role: 'user' };
    const found = { email: 'ada@example.com', userId, role: 'user', serviceAccount: false };
    // A difference in identity is a `user_conflict`.
    expect(differencesBetween(fireworks.compared(wanted), found).decisive).toEqual(['email']);
  });

  test('stands in for the one that a request leaves out, and for no other', () => {
    const readRequest = createRequestReader([fireworks]);
    const userOf = (user: object) => readRequest(deliveryOf(fireworksRequest({}, user))).user;
    expect(userOf({ email: '42@example.com' }).userId).toBe('u-42-9653cc0405b06f93');
    expect(userOf({ email: '42@example.com', userId: 'stated' }).userId).toBe('stated');
  });
});
