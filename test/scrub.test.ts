import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scrubbed } from '../lib/calls/scrub.ts';

describe("A provider's own words", () => {
  test('are told without any secret, wherever it stands and as often as it does', () => {
    const secret = 'key-canary/1';
    const encoded = 'key-canary%2F1';
    const error = {
      message: `${secret} and ${secret}, in a URL ${encoded}`,
      code: `X-${secret}`,
      requestId: secret,
      issues: [{ path: `data.user.${secret}`, message: `not ${encoded}` }],
    };
    expect(scrubbed(error, ['other', secret])).toEqual({
      message: '*** and ***, in a URL ***',
      code: 'X-***',
      requestId: '***',
      issues: [{ path: 'data.user.***', message: 'not ***' }],
    });
  });

  test('lose a secret that would be cut in two', () => {
    const { message } = scrubbed({ message: `${'x'.repeat(495)}canary-canary` }, ['canary-canary']);
    expect(message).toBe(`${'x'.repeat(495)}***`);
  });

  test.each([
    ['in a URL', encodeURIComponent],
    ['in a form', (secret: string) => new URLSearchParams({ s: secret }).toString().slice(2)],
    ['in JSON', (secret: string) => JSON.stringify(secret).slice(1, -1)],
  ])('lose a secret as it stands %s', (_, quoted) => {
    const secret = 'can ary/+sec\'ret!(x)~"y';
    const { message } = scrubbed({ message: `refused: ${quoted(secret)} is wrong` }, [secret]);
    expect(message).toBe('refused: *** is wrong');
  });

  test('are cut to 500 characters, none of them in two', () => {
    const issues = [{ path: 'p', message: 'x'.repeat(501) }];
    const { message, ...rest } = scrubbed({ message: '🚀'.repeat(501), issues }, []);
    expect(message).toBe(`${'🚀'.repeat(499)}…`);
    expect(rest.issues).toEqual([{ path: 'p', message: `${'x'.repeat(499)}…` }]);
    expect(scrubbed({ message: '🚀'.repeat(500) }, []).message).toBe('🚀'.repeat(500));
  });

  test('that are none stay none, and what is no text stays as it is', () => {
    expect(scrubbed({ quota: true }, ['s'])).toEqual({ quota: true });
  });

  test('keep no part of a secret of which another one is the beginning', () => {
    for (const secrets of [
      ['abc', 'abc-long'],
      ['abc-long', 'abc'],
    ]) {
      expect(scrubbed({ message: 'abc-long, abc' }, secrets).message).toBe('***, ***');
    }
  });

  test('hold no secret, whatever they are and whatever the secrets', () => {
    const secret = fc
      .string({ unit: 'grapheme', minLength: 4, maxLength: 12 })
      .filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1 }), fc.array(fc.string()), (secrets, words) => {
        const text = [...words, ...secrets, ...secrets.map(encodeURIComponent), ...words].join(' ');
        const { message = '' } = scrubbed({ message: text }, secrets);
        for (const one of secrets) expect(message).not.toContain(one);
      }),
    );
  });
});
