import { describe, expect, test } from 'vitest';
import { openAccount } from '../lib/connections/account.ts';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Provider } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { asFailure } from '../lib/records/failure.ts';

const tokensOf = () => ({ get: async () => 'token' });

/** What is wrong with the secret of a connection. */
function faultOf(provider: Provider, text: string): string {
  try {
    openAccount(provider, { name: `usher/${provider.name}/eu`, text }, tokensOf);
  } catch (error) {
    const { code, message } = asFailure(error);
    return `${code}: ${message}`;
  }
  return 'none';
}

const told = (name: string, what: string) =>
  `secret_invalid: The secret usher/${name}/eu has the wrong shape: ${what}.`;
const KEY = 'must be printable ASCII without spaces or line breaks';

describe('A secret of the wrong shape', () => {
  test.each([
    ['', 'it must be JSON'],
    ['{"apiKey":"canary', 'it must be JSON'],
    ['{"apiKey":"k","accountId":""}', 'accountId must not be empty'],
    ['null', 'it must be an object'],
    ['[]', 'it must be an object'],
    ['{}', 'apiKey is required; accountId is required'],
    ['{"apiKey":"canary canary","accountId":7}', `apiKey ${KEY}; accountId must be a string`],
  ])('is told with its name and what is wrong with it, but not with its content: %s', (text, what) => {
    expect(faultOf(fireworks, text)).toBe(told('fireworks', what));
  });

  test('is told with every shape that it may have', () => {
    const shapes = `it must have clientId and clientSecret, or apiKey, in printable ASCII without spaces or line breaks`;
    for (const text of ['{}', '{"clientId":"c"}', '{"apiKey":7}', '{"clientSecret":"a b"}']) {
      expect([text, faultOf(vectara, text)]).toEqual([text, told('vectara', shapes)]);
    }
  });

  test.each(['', ' ', 'a b', ' ab', 'ab\n', '\nab', 'a\r\nx-admin: 1', 'ä', 'a\u007F'])(
    'is one whose key no header can hold: %j',
    (apiKey) => {
      expect(faultOf(fireworks, JSON.stringify({ apiKey, accountId: 'acme' }))).toBe(
        told('fireworks', `apiKey ${KEY}`),
      );
    },
  );
});

test('A secret may have any key that a header can hold, and members that Usher does not know', () => {
  expect(faultOf(fireworks, JSON.stringify({ apiKey: '!~:,;"\\', accountId: 'ä b', note: 1 }))).toBe('none');
});
