import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Fields } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { differencesBetween, sameIdentity } from '../lib/users/compare.ts';

const robot = { userId: 'bot', role: 'user', serviceAccount: true };
const person = { userId: 'ada', role: 'user', email: 'ada@example.com' };

function betweenFireworks(wanted: typeof robot | typeof person, found: Fields) {
  return differencesBetween(fireworks.compared(wanted), found);
}

describe('An existing Fireworks user', () => {
  const found = { userId: 'ada', email: 'ada@example.com', role: 'user', serviceAccount: false };

  test.each<readonly [string, object, object, readonly string[], readonly string[]]>([
    ['is the same', {}, {}, [], []],
    ['has an e-mail in another case', {}, { email: 'ADA@Example.com' }, [], []],
    ['has what the request does not state', {}, { displayName: 'Ada', permissionPreset: 'p' }, [], []],
    ['has another e-mail', {}, { email: 'eve@example.com' }, ['email'], []],
    ['shows no e-mail', {}, { email: undefined }, ['email'], []],
    ['has another key', {}, { userId: 'eve' }, ['userId'], []],
    ['has a key in another case', {}, { userId: 'Ada' }, ['userId'], []],
    ['has another role', {}, { role: 'admin' }, ['role'], []],
    ['has a role in another case', {}, { role: 'User' }, ['role'], []],
    ['shows no role', {}, { role: undefined }, ['role'], []],
    ['is a service account, which is not asked', {}, { serviceAccount: true }, [], []],
    [
      'is a service account, and shall be none',
      { serviceAccount: false },
      { serviceAccount: true },
      ['serviceAccount'],
      [],
    ],
    [
      'has another preset',
      { role: 'custom', permissionPreset: 'p' },
      { role: 'custom', permissionPreset: 'q' },
      ['permissionPreset'],
      [],
    ],
    ['has another display name', { displayName: 'Ada' }, { displayName: 'ada' }, [], ['displayName']],
    ['shows no display name', { displayName: 'Ada' }, {}, [], ['displayName']],
    [
      'differs in everything',
      { displayName: 'Ada' },
      { userId: 'x', email: 'x@y', role: 'admin', displayName: 'x' },
      ['userId', 'email', 'role'],
      ['displayName'],
    ],
  ])('that %s differs accordingly', (_, wanted, shown, decisive, descriptive) => {
    expect(betweenFireworks({ ...person, ...wanted }, { ...found, ...shown })).toEqual({
      decisive,
      descriptive,
    });
  });

  test.each<readonly [string, object, object, readonly string[]]>([
    ['an e-mail that the provider made up', {}, { email: 'bot@made.up' }, []],
    ['another e-mail than the stated one', { email: 'a@b' }, { email: 'bot@made.up' }, []],
    ['a person', {}, { serviceAccount: false }, ['serviceAccount']],
    ['another key', {}, { userId: 'other' }, ['userId']],
    ['another role', {}, { role: 'admin' }, ['role']],
  ])('with %s is compared with a service account by key, kind and role', (_, wanted, shown, decisive) => {
    const existing = { userId: 'bot', role: 'user', serviceAccount: true, ...shown };
    expect(betweenFireworks({ ...robot, ...wanted }, existing).decisive).toEqual(decisive);
  });
});

describe('An existing Vectara user', () => {
  const wanted = { email: 'ada@example.com', username: 'ada' };
  const viewer = { corpus_key: 'k', role: 'viewer' };
  const editor = { corpus_key: 'l', role: 'editor' };

  test.each<readonly [string, object, object, readonly string[], readonly string[]]>([
    ['is the same', {}, {}, [], []],
    ['has an e-mail in another case', {}, { email: 'ADA@EXAMPLE.COM' }, [], []],
    [
      'has its e-mail in another script of its domain',
      { email: 'a@ü.example' },
      { email: 'A@xn--tda.example' },
      [],
      [],
    ],
    ['has a username that is the e-mail in another case', { username: 'a@b' }, { username: 'A@B' }, [], []],
    ['has another username', {}, { username: 'eve' }, ['username'], []],
    ['has a username in another case', {}, { username: 'Ada' }, ['username'], []],
    [
      'has roles of which the request states none',
      {},
      { api_roles: ['viewer'], corpus_roles: [viewer], agent_roles: [{ agent_key: 'a', role: 'r' }] },
      [],
      [],
    ],
    ['has the same roles in another order', { api_roles: ['a', 'b'] }, { api_roles: ['b', 'a'] }, [], []],
    ['has the same role twice', { api_roles: ['a'] }, { api_roles: ['a', 'a'] }, [], []],
    ['has a role more', { api_roles: ['a'] }, { api_roles: ['a', 'b'] }, ['api_roles'], []],
    ['has a role that is nothing', { api_roles: ['a'] }, { api_roles: ['a', null] }, ['api_roles'], []],
    ['has a role less', { api_roles: ['a', 'b'] }, { api_roles: ['a'] }, ['api_roles'], []],
    ['has a role in another case', { api_roles: ['a'] }, { api_roles: ['A'] }, ['api_roles'], []],
    ['has roles and shall have none', { api_roles: [] }, { api_roles: ['a'] }, ['api_roles'], []],
    ['has no roles and shall have none', { api_roles: [] }, {}, [], []],
    ['shows no roles', { api_roles: ['a'] }, {}, ['api_roles'], []],
    [
      'has the same corpus roles, differently written',
      { corpus_roles: [viewer, editor] },
      { corpus_roles: [editor, { role: 'viewer', corpus_key: 'k' }] },
      [],
      [],
    ],
    [
      'has the corpus roles the other way round',
      { corpus_roles: [{ corpus_key: 'k', role: 'l' }] },
      { corpus_roles: [{ corpus_key: 'l', role: 'k' }] },
      ['corpus_roles'],
      [],
    ],
    [
      'has another agent role',
      { agent_roles: [{ agent_key: 'a', role: 'r' }] },
      { agent_roles: [{ agent_key: 'a', role: 's' }] },
      ['agent_roles'],
      [],
    ],
    ['has another description', { description: 'a' }, { description: 'b' }, [], ['description']],
  ])('that %s differs accordingly', (_, stated, shown, decisive, descriptive) => {
    const request = { ...wanted, ...stated };
    const differences = differencesBetween(vectara.compared(request), { ...wanted, ...shown });
    expect(differences).toEqual({ decisive, descriptive });
  });

  test('has the same roles in whatever order and number they come', () => {
    const role = fc.record({ corpus_key: fc.string(), role: fc.string() });
    const shuffled = (roles: object[]) => fc.shuffledSubarray(roles, { minLength: roles.length });
    const pair = fc
      .array(role, { minLength: 1 })
      .chain((roles) => fc.tuple(fc.constant(roles), shuffled(roles)));
    fc.assert(
      fc.property(pair, role, ([stated, shown], another) => {
        const differs = (roles: object[]) => {
          const request = { ...wanted, corpus_roles: stated };
          const found = { ...wanted, corpus_roles: roles };
          return differencesBetween(vectara.compared(request), found).decisive.length > 0;
        };
        expect(differs([...shown, ...shown])).toBe(false);
        const isAnother = !stated.some(
          (one) => one.corpus_key === another.corpus_key && one.role === another.role,
        );
        expect(differs([...shown, another])).toBe(isAnother);
      }),
    );
  });
});

describe('An identity', () => {
  test.each([
    ['ada@example.com', 'ADA@example.COM', true],
    ['ada@example.com', 'ada@example.org', false],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example', true],
    ['ada@bücher.example', 'ada@BÜCHER.example', true],
    ['\u00E9@x', 'e\u0301@x', true],
    ['\u00E9@x', '\u00C9@x', false],
    // What is no e-mail is compared to the letter, so what NFC would make one of is another.
    ['kate@x', '\u212Aate@x', false],
    ['a;b@x', 'a\u037Eb@x', false],
    ['a@x@y', 'A@x@y', false],
    ['ada@x', 'ADA@x ', false],
    ['ada@x', '<ADA@x>', false],
    ['ada@bank.example', 'ada@bank.example/eve', false],
    ['ada', 'Ada', false],
    ['ada', 'ada', true],
    ['ada@x', undefined, false],
    ['ada@x', ['ada@x'], false],
    [true, true, true],
    [false, undefined, true],
    [true, undefined, false],
  ])('%j is the same as %j: %j', (one, other, same) => {
    expect(sameIdentity(one, other)).toBe(same);
    expect(sameIdentity(other, one)).toBe(same);
  });
});

describe('What a provider shows', () => {
  const wanted = { email: 'ada@example.com', username: 'ada', api_roles: ['viewer'], description: 'Ada' };
  const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
  const deepObject = JSON.parse(`${'{"role":'.repeat(200_000)}1${'}'.repeat(200_000)}`);

  test.each<readonly [what: string, shown: unknown]>([
    ['nests deep in arrays', deep],
    ['holds what nests deep in arrays', ['viewer', deep]],
    ['nests deep in objects', [deepObject]],
    ['has a list for a member', [{ corpus_key: ['k'], role: 'r' }]],
    ['has members that no text can be made of', [{ toString: 1, valueOf: 1 }]],
    ['is half a million entries long', Array.from({ length: 500_000 }, (_, index) => index)],
  ])('differs where it %s, and that is all', (_, shown) => {
    for (const [field, decisive, descriptive] of [
      ['api_roles', ['api_roles'], []],
      ['email', ['email'], []],
      ['description', [], ['description']],
    ] as const) {
      const found = { ...wanted, [field]: shown };
      const differences = differencesBetween(vectara.compared(wanted), found);
      expect(differences).toEqual({ decisive, descriptive });
    }
  });
});
