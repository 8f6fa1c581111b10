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

  const secret = 'can/ary&1+2%3<4>"5\\6 7é🚀';
  const each = (spell: (character: string) => string) => Array.from(secret, spell).join('');
  const units = (character: string) => character.split('').map((unit) => unit.charCodeAt(0));
  const point = (character: string) => character.codePointAt(0) ?? 0;
  const xml = new Map(Object.entries({ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }));
  const named = (character: string) => (xml.has(character) ? `&${xml.get(character)};` : character);
  const inUrl = (character: string) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const inJson = (character: string) =>
    units(character)
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join('');
  const spellings: readonly (readonly [string, string])[] = [
    ['as it is', secret],
    ['in a URL', encodeURIComponent(secret)],
    ['in a URL, in lower case', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ['in a URL, every character of it', each(inUrl)],
    [
      'in a URL, in capitals and small letters',
      each(inUrl).replace(/%.(?=[a-f])/g, (code) => code.toUpperCase()),
    ],
    ['in a URL, partly', encodeURI(secret)],
    ['in a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON with slashes escaped', JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/')],
    [
      'in JSON in ASCII',
      JSON.stringify(secret)
        .slice(1, -1)
        .replace(/[^ -~]/g, inJson),
    ],
    ['in JSON, every character of it', each(inJson)],
    ['in JSON, in capitals', each(inJson).replace(/\\u..../g, (code) => `\\u${code.slice(2).toUpperCase()}`)],
    ['in XML', each(named)],
    ['in HTML', each(named).replaceAll('+', '&#43;').replaceAll('/', '&#x2F;')],
    ['in HTML, in decimal', each((character) => `&#${point(character)};`)],
    [
      'in HTML, in decimal with zeros',
      each((character) => `&#${String(point(character)).padStart(9, '0')};`),
    ],
    ['in HTML, in hexadecimal', each((character) => `&#x${point(character).toString(16)};`)],
    [
      'in HTML, in hexadecimal capitals',
      each((character) => `&#X00${point(character).toString(16).toUpperCase()};`),
    ],
  ];

  test.each(spellings)('lose a secret as it stands %s', (_, spelled) => {
    const { message } = scrubbed({ message: `refused: ${spelled} is wrong` }, ['other', secret]);
    expect(message).toBe('refused: *** is wrong');
  });

  test.each(spellings)('lose a secret %s wherever they are cut', (_, spelled) => {
    const parts = (text: string, length: number) =>
      Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length));
    for (const before of [440, 490, 497, 499, 500, 501, 65_530]) {
      const { message = '' } = scrubbed({ message: `${'-'.repeat(before)}${spelled}`.repeat(2) }, [secret]);
      // Not even four characters of it.
      expect(parts(spelled, 4).filter((part) => message.includes(part))).toEqual([]);
    }
  });

  test.each(spellings)('keep a text that only begins like a secret %s', (_, spelled) => {
    const text = `${spelled.slice(0, -1)}~`;
    expect(scrubbed({ message: text }, [secret]).message).toBe(text);
  });

  test('that are as long as an answer may be are told from their beginning', () => {
    const long = 4 * 1_048_576;
    expect(scrubbed({ message: 'x'.repeat(long) }, [secret]).message).toBe(`${'x'.repeat(499)}…`);
    const { message = '' } = scrubbed({ message: secret.repeat(long / secret.length) }, [secret]);
    expect(message).toMatch(/^\*+…?$/);
    expect(scrubbed({ message: '&'.repeat(long) }, ['&'.repeat(300)]).message).toMatch(/^\*+…?$/);
    expect(scrubbed({ message: '\\'.repeat(100_000) }, ['\\'.repeat(60)]).message).toMatch(/^\*+…?$/);
  });

  test('lose a token of any length, which is no pattern and never told for being one', () => {
    const token = 'aB3.-_*?(['.repeat(6_000);
    expect(scrubbed({ message: `the token ${token} has expired` }, [token]).message).toBe(
      'the token *** has expired',
    );
  });

  test('hold no more than a hundred issues, of which the last counts the rest', () => {
    const issues = Array.from({ length: 200_000 }, () => ({ path: 'data.user.x', message: secret }));
    const { issues: told = [] } = scrubbed({ issues }, [secret]);
    expect(told).toHaveLength(100);
    expect(told[98]).toEqual({ path: 'data.user.x', message: '***' });
    expect(told[99]).toEqual({ path: '', message: 'has 199901 more problems' });
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

  test('hold no secret, whatever it is and however each of its characters is spelled', () => {
    const letter = fc.constantFrom(
      'a',
      'Z',
      '7',
      '/',
      '&',
      '%',
      '\\',
      '+',
      ' ',
      '"',
      "'",
      '<',
      ';',
      '#',
      'é',
      '🚀',
    );
    const character = fc
      .oneof(letter, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
      .filter((one) => !/\p{Cc}/u.test(one));
    const spelling = fc.constantFrom(
      (one: string) => one,
      inUrl,
      (one: string) => inUrl(one).toUpperCase(),
      inJson,
      named,
      (one: string) => `&#${point(one)};`,
      (one: string) => `&#x0${point(one).toString(16)};`,
      (one: string) => JSON.stringify(one).slice(1, -1),
    );
    const spelled = fc.array(fc.tuple(character, spelling), { minLength: 4, maxLength: 30 });
    const around = fc.string({ maxLength: 600 }).map((text) => text.replace(/[^x ]/g, 'x'));
    fc.assert(
      fc.property(spelled, around, (characters, before) => {
        const secret = characters.map(([one]) => one).join('');
        const text = characters.map(([one, spell]) => spell(one)).join('');
        const { message } = scrubbed({ message: `${before}{${text}}` }, [secret]);
        const told = `${before}{***}`;
        expect(message).toBe(told.length > 500 ? `${told.slice(0, 499)}…` : told);
      }),
      { numRuns: 1000 },
    );
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
