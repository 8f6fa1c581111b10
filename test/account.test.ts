import { describe, expect, test } from 'vitest';
import { openAccount } from '../lib/connections/account.ts';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Provider } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { asFailure } from '../lib/records/failure.ts';
import { papyrus } from './third-provider.ts';

const options = {
  addresses: { baseUrl: '', tokenUrl: '' },
  tokensOf: () => ({ get: async () => 'token' }),
};

/** What is told of the secret of a connection, without what is the same for all. */
function faultOf(provider: Provider, content: unknown): string {
  const name = `usher/${provider.name}/eu`;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  try {
    openAccount(provider, name, text, options);
  } catch (error) {
    const { code, message, told } = asFailure(error);
    expect(told).toEqual({ secret: name });
    const beginning = `secret_invalid: The secret ${name} `;
    const whole = `${code}: ${message}`;
    return whole.startsWith(beginning) ? whole.slice(beginning.length) : whole;
  }
  return 'none';
}

const SPACELESS = 'must be without white space, line breaks and control characters';
const SEGMENT =
  'must be one segment of a path: neither empty nor . or .., without / \\ ? # %, white space and control characters';

describe('A secret that cannot be used is told with its name, what is wrong and what to do, but not with its content:', () => {
  test.each([
    ['', "is empty; put the provider's credentials into it."],
    [' \r\n\t', "is empty; put the provider's credentials into it."],
    ['\uFEFF', 'begins with a byte order mark; save it as UTF-8 without one, and put it again.'],
    [
      '\uFEFF{"apiKey":"canary","accountId":"acme"}',
      'begins with a byte order mark; save it as UTF-8 without one, and put it again.',
    ],
    ['{"apiKey":"canary', 'is not JSON; put one JSON object into it.'],
    ['canary', 'is not JSON; put one JSON object into it.'],
    ["{'apiKey':'canary'}", 'is not JSON; put one JSON object into it.'],
    ['null', 'is JSON, but no object; put one JSON object into it.'],
    ['[{"apiKey":"canary"}]', 'is JSON, but no object; put one JSON object into it.'],
    ['"{\\"apiKey\\":\\"canary\\"}"', 'is JSON, but no object; put one JSON object into it.'],
    ['{}', 'has the wrong shape: apiKey is required; accountId is required.'],
    [
      '{"apiKey":"canary canary","accountId":7}',
      `has the wrong shape: apiKey ${SPACELESS}; accountId must be a string.`,
    ],
    [
      '{"apiKey":null,"accountId":{}}',
      'has the wrong shape: apiKey must be a string; accountId must be a string.',
    ],
  ])('%j', (text, what) => {
    expect(faultOf(fireworks, text)).toBe(what);
  });
});

const keys = [
  ['token', 'Papyrus', papyrus, (token: unknown) => ({ token })],
  ['apiKey', 'Fireworks', fireworks, (apiKey: unknown) => ({ apiKey, accountId: 'acme' })],
  ['apiKey', 'Vectara', vectara, (apiKey: unknown) => ({ apiKey })],
  ['clientId', 'Vectara', vectara, (clientId: unknown) => ({ clientId, clientSecret: 's' })],
  ['clientSecret', 'Vectara', vectara, (clientSecret: unknown) => ({ clientId: 'c', clientSecret })],
] as const;

describe.each(keys)('The %s in a secret for %s', (member, _, provider, secretWith) => {
  const fault = (key: string) => faultOf(provider, secretWith(key));

  test.each([' ', 'a b', ' ab', 'ab\n', '\nab', 'a\r\nx-admin: 1', 'a\tb', 'a\u0000', 'a\u007F'])(
    'may hold no white space and no control character: %j',
    (key) => {
      expect(fault(key)).toBe(`has the wrong shape: ${member} ${SPACELESS}.`);
    },
  );

  test('may be neither empty nor beyond ASCII', () => {
    expect(fault('')).toBe(`has the wrong shape: ${member} must not be empty.`);
    expect(fault('kä')).toBe(`has the wrong shape: ${member} must be ASCII.`);
    expect(fault('k\u200B')).toBe(`has the wrong shape: ${member} must be ASCII.`);
    expect(fault('k\u00A0')).toBe(`has the wrong shape: ${member} ${SPACELESS}.`);
  });

  test('may be any other text', () => {
    expect(fault('!~:,;"\\{}')).toBe('none');
  });
});

test.each([
  '',
  ' ',
  'acme\n',
  ' acme',
  'ac me',
  'acme\u0000',
  'acme\u200B',
  '\uFEFFacme',
  '.',
  '..',
  'accounts/acme',
  '/',
  'acme/',
  '\\',
  'acme?',
  'acme#1',
  'acme%2F',
  '\ud800',
])('An accountId that is no single segment of a path is invalid: %j', (accountId) => {
  expect(faultOf(fireworks, { apiKey: 'k', accountId })).toBe(`has the wrong shape: accountId ${SEGMENT}.`);
});

test.each(['acme', '7', 'a', '...', '.acme', 'acme-1_2.3', 'a:b@c', 'ä'])(
  'An accountId that is a single segment of a path is valid: %j',
  (accountId) => {
    expect(faultOf(fireworks, { apiKey: 'k', accountId })).toBe('none');
  },
);

test('Vectara takes client credentials or an API key, and says so where it finds neither', () => {
  for (const content of [
    {},
    { clientId: 'c' },
    { clientSecret: 's' },
    { apiKey: 7 },
    { clientId: 'c', clientSecret: null },
  ]) {
    expect([content, faultOf(vectara, content)]).toEqual([
      content,
      'has the wrong shape: it must have the texts clientId and clientSecret, or apiKey.',
    ]);
  }
  for (const content of [
    { clientId: 'c', clientSecret: 's' },
    { apiKey: 'k' },
    { clientId: 'c', apiKey: 'k' },
  ]) {
    expect([content, faultOf(vectara, content)]).toEqual([content, 'none']);
  }
});

test('Members that Usher does not know are ignored', () => {
  expect(faultOf(fireworks, { apiKey: 'k', accountId: 'acme', note: 'a b', nested: {} })).toBe('none');
  expect(faultOf(vectara, { apiKey: 'k', accountId: 'a b' })).toBe('none');
});
