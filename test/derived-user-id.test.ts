import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRequestReader } from '../lib/events/request.ts';
import { derivedUserId, fireworks } from '../lib/providers/fireworks.ts';
import { deliveryOf, fireworksRequest } from './deliveries.ts';

function hashOf(email: string): string {
  return createHash('sha256').update(email, 'utf8').digest('hex').slice(0, 8);
}

/** The rule of the contract, sentence by sentence, character by character. */
function ruledUserId(email: string): string {
  const lower = email.toLowerCase();
  const local = email.slice(0, email.lastIndexOf('@')).toLowerCase();
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
  rest = rest.substring(0, 54);
  while (rest.endsWith('-')) rest = rest.slice(0, -1);
  return `${rest}-${hashOf(lower)}`;
}

const side = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 90 })
  .filter((text) => !/[\s\p{Cc}\p{Cs}@]/u.test(text));
const plainSide = fc.stringMatching(/^[a-zA-Z0-9._+-]{1,90}$/);
const emails = fc
  .tuple(fc.oneof(side, plainSide), fc.oneof(side, plainSide))
  .map(([local, domain]) => `${local}@${domain}`);

describe('The derived userId', () => {
  test.each([
    ['Ada.Lovelace+x@example.com', 'ada-lovelace-x-e6d4dc42'],
    ['42@example.com', 'u-42-9653cc04'],
    ['__@example.com', 'u-3642e57a'],
    ['ada@example.com', 'ada-b5fc85e5'],
    ['a.b@c@example.com', 'a-b-c-3c657c03'],
    ['..a..b..@x', `a-b-${hashOf('..a..b..@x')}`],
    ['üñï@x', `u-${hashOf('üñï@x')}`],
    ['7é7@x', `u-7-7-${hashOf('7é7@x')}`],
    ['\u212Aelvin@x', `kelvin-${hashOf('kelvin@x')}`],
    [`${'a'.repeat(54)}@x`, `${'a'.repeat(54)}-${hashOf(`${'a'.repeat(54)}@x`)}`],
    [`${'a'.repeat(55)}@x`, `${'a'.repeat(54)}-${hashOf(`${'a'.repeat(55)}@x`)}`],
    [`${'a'.repeat(53)}.b@x`, `${'a'.repeat(53)}-${hashOf(`${'a'.repeat(53)}.b@x`)}`],
    [`${'1'.repeat(60)}@x`, `u-${'1'.repeat(52)}-${hashOf(`${'1'.repeat(60)}@x`)}`],
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

  test('stands in for the one that a request leaves out, and for no other', () => {
    const readRequest = createRequestReader([fireworks]);
    const userOf = (user: object) => readRequest(deliveryOf(fireworksRequest({}, user))).user;
    expect(userOf({ email: '42@example.com' }).userId).toBe('u-42-9653cc04');
    expect(userOf({ email: '42@example.com', userId: 'stated' }).userId).toBe('stated');
  });
});
