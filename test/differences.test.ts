import { describe, expect, test } from 'vitest';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Fields, Provider } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { differencesFromExisting, differencesFromNew } from '../lib/users/differences.ts';

const ada = { username: 'ada', email: 'ada@example.com', api_roles: ['viewer'], description: 'Ada' };
const bot = { userId: 'bot', role: 'user', serviceAccount: true };

const wantedOf = (provider: Provider, user: Fields) => ({ provider, user, allowedRoles: ['viewer', 'user'] });
const found = (fields: Fields) => ({ id: 'usr_1', fields, pending: false });

describe('The answer to a create', () => {
  test.each<readonly [string, Fields, readonly string[]]>([
    ['shows the user as asked for', ada, []],
    ['shows nothing', {}, []],
    ['is empty but for the id', { username: '', email: '', description: '', api_roles: [] }, []],
    ['has null for all', { username: null, email: null, api_roles: null }, []],
    ['shows roles that cannot be understood', { ...ada, api_roles: 'what' }, []],
    ['shows fewer rights', { ...ada, api_roles: [] }, ['api_roles']],
    ['shows more rights', { ...ada, api_roles: ['viewer', 'owner'] }, ['api_roles']],
    ['shows more rights and nothing else', { api_roles: ['owner'] }, ['api_roles']],
    ['shows another e-mail', { ...ada, email: 'eve@example.com' }, ['email']],
    ['shows another description', { ...ada, description: 'Eve' }, []],
  ])('that %s', (_, fields, decisive) => {
    expect(differencesFromNew(wantedOf(vectara, ada), found(fields)).decisive).toEqual(decisive);
  });

  test.each<readonly [string, Fields, readonly string[]]>([
    ['shows a role outside the allow-list that nobody asked for', { api_roles: ['owner'] }, ['api_roles']],
    ['shows a role of the allow-list that nobody asked for', { api_roles: ['viewer'] }, []],
  ])('that %s', (_, fields, decisive) => {
    const { api_roles, ...withoutRoles } = ada;
    expect(differencesFromNew(wantedOf(vectara, withoutRoles), found(fields)).decisive).toEqual(decisive);
  });

  test.each<readonly [string, Fields, readonly string[]]>([
    ['does not say that it is a service account', { userId: 'bot', role: 'user' }, []],
    ['says that it is none', { userId: 'bot', role: 'user', serviceAccount: false }, ['serviceAccount']],
    ['shows an administrator', { userId: 'bot', role: 'admin' }, ['role']],
  ])('that %s', (_, fields, decisive) => {
    expect(differencesFromNew(wantedOf(fireworks, bot), found(fields)).decisive).toEqual(decisive);
  });
});

describe('An existing user', () => {
  test('differs in what is not shown', () => {
    expect(differencesFromExisting(wantedOf(vectara, ada), found({ username: 'ada' })).decisive).toEqual([
      'email',
      'api_roles',
    ]);
  });

  test('differs in a role outside the allow-list that nobody asked for', () => {
    const { api_roles, ...withoutRoles } = ada;
    const powerful = found({ ...ada, api_roles: ['owner'] });
    expect(differencesFromExisting(wantedOf(vectara, withoutRoles), powerful).decisive).toEqual([
      'api_roles',
    ]);
  });

  test.each([['a text'], [{ toString: 1 }], [[['viewer']]]])(
    'with a role that is no text (%j) differs',
    (role) => {
      const odd = found({ ...ada, api_roles: [role] });
      expect(differencesFromExisting(wantedOf(vectara, ada), odd).decisive).toEqual(['api_roles']);
    },
  );
});
