import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fireworks } from '../lib/providers/fireworks.ts';
import { providers } from '../lib/providers/index.ts';
import type { FindByKey, ProviderAnswer } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';

const name = 'accounts/acme/users/ada-1';

const NOWHERE = { baseUrl: '', tokenUrl: '' };

function answer(body: unknown): ProviderAnswer {
  return { method: 'GET', status: 200, headers: {}, body };
}

describe('A Fireworks user', () => {
  test('is read with what Usher needs of it', () => {
    const body = {
      name,
      email: 'ada@example.com',
      role: 'custom',
      permissionPreset: 'p',
      displayName: 'Ada',
      serviceAccount: true,
      state: 'READY',
      createTime: '2026-11-21T10:00:00Z',
      updateTime: 'x',
      status: { code: 'OK' },
    };
    expect(fireworks.readUser(answer(body))).toEqual({
      id: name,
      fields: {
        userId: 'ada-1',
        email: 'ada@example.com',
        role: 'custom',
        permissionPreset: 'p',
        displayName: 'Ada',
        serviceAccount: true,
      },
      pending: false,
      state: 'READY',
      createdAt: '2026-11-21T10:00:00Z',
    });
  });

  test('is not said to be a service account, or none, where the answer does not say so', () => {
    expect(fireworks.readUser(answer({ name }))?.fields).toEqual({ userId: 'ada-1' });
  });

  test.each([
    'Error',
    'accounts/acme/operations/123',
    'accounts/acme/users',
    'accounts/acme/users/',
    'accounts/acme/users/ada/keys/1',
    'users/ada',
    '',
    null,
    7,
  ])('is nobody where the answer has the name %j', (other) => {
    expect(
      fireworks.readUser(answer({ name: other, email: 'ada@example.com', state: 'READY' })),
    ).toBeUndefined();
  });

  test.each([
    ['CREATING', true],
    ['DELETING', true],
    ['READY', false],
    ['UPDATING', false],
    ['STATE_UNSPECIFIED', false],
    ['SOMETHING_NEW', false],
    [undefined, false],
    [7, false],
  ])('in the state %j is pending: %j', (state, pending) => {
    expect(fireworks.readUser(answer({ name, state }))?.pending).toBe(pending);
  });

  test('is told with its resource name, its state and its creation time', () => {
    const found = { id: name, fields: { email: 'a@b' }, pending: false, state: 'READY', createdAt: 'then' };
    const user = { email: 'a@b', role: 'user', userId: 'ada-1' };
    expect(fireworks.summary(user, found)).toEqual({ id: name, state: 'READY', createdAt: 'then' });
  });
});

describe('A Vectara user', () => {
  const user = { email: 'ada@example.com', username: 'ada' };

  test('is read with what Usher needs of it, and without its one-time code', () => {
    const body = {
      id: 'usr_1',
      ...user,
      enabled: false,
      description: 'd',
      created_at: '2026-11-21T10:00:00Z',
      api_roles: ['viewer'],
      corpus_roles: [{ corpus_key: 'k', role: 'viewer', corpus_name: 'new' }],
      agent_roles: [{ agent_key: 'a', role: 'agent_user' }],
      one_time_code: 'canary',
      one_time_code_link: 'https://canary',
      api_policy: null,
    };
    expect(vectara.readUser(answer(body))).toEqual({
      id: 'usr_1',
      fields: {
        ...user,
        description: 'd',
        api_roles: ['viewer'],
        corpus_roles: [{ corpus_key: 'k', role: 'viewer' }],
        agent_roles: [{ agent_key: 'a', role: 'agent_user' }],
      },
      pending: false,
      createdAt: '2026-11-21T10:00:00Z',
    });
  });

  test('needs nothing but an id, as a fresh one may come with everything else empty', () => {
    const fresh = vectara.readUser(answer({ id: 'usr_1', email: '', username: '', description: null }));
    expect(fresh).toMatchObject({ id: 'usr_1', pending: false });
    expect(fresh && vectara.summary(user, fresh)).toEqual({ id: 'usr_1', username: 'ada' });
  });

  test('is told with the username that the provider shows', () => {
    const found = { id: 'usr_1', fields: { username: 'Ada' }, pending: false, createdAt: 'then' };
    expect(vectara.summary(user, found)).toEqual({ id: 'usr_1', username: 'Ada', createdAt: 'then' });
  });
});

const strange = [undefined, null, 5, 'text', true, [], [{}], { error: 'x' }];

describe.each(providers)('What $name answers', ({ name: providerName, readUser, readPage, readError }) => {
  const idField = providerName === 'fireworks' ? 'name' : 'id';

  test.each(
    [...strange, {}, { [idField]: '' }, { [idField]: [5] }, { user: { [idField]: 'x' } }].map((body) => [
      body,
    ]),
  )('is no user where it is %j', (body) => {
    expect(readUser(answer(body))).toBeUndefined();
  });

  test.each([null, 5, 'text', [], { users: {} }, { users: 'x' }, { users: null }].map((body) => [body]))(
    'is no page where it is %j',
    (body) => {
      expect(readPage(answer(body))).toBeUndefined();
    },
  );

  test.each([undefined, null, 5, '<html>', [], {}].map((body) => [body]))(
    'tells nothing where it is %j',
    (body) => {
      const { message, code, requestId } = readError(answer(body));
      expect([message, code, requestId]).toEqual([undefined, undefined, undefined]);
    },
  );

  test('never makes reading fail, whatever it is', () => {
    const member = fc.constantFrom(
      'users',
      'error',
      'message',
      'messages',
      'field_errors',
      'details',
      'code',
    );
    const odd = fc.constantFrom(
      'metadata',
      'page_key',
      'toString',
      'valueOf',
      '__proto__',
      idField,
      'request_id',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(0, 6, -1, 1e300, null, true, '', 'x', 'ALREADY_EXISTS'),
        fc.dictionary(fc.oneof(member, odd), tie('value')),
        fc.array(tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, (anything) => {
        const body: unknown = JSON.parse(JSON.stringify(anything));
        for (const read of [readUser, readPage, readError]) expect(() => read(answer(body))).not.toThrow();
        const { message, code, requestId, issues = [] } = readError(answer(body));
        const texts = [message, code, requestId, ...issues.flatMap((issue) => [issue.path, issue.message])];
        for (const text of texts) expect(['string', 'undefined']).toContain(typeof text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Roles of a Vectara user that cannot be understood', () => {
  test.each([[[{ role: 'owner' }]], ['owner,viewer'], [{ owner: true }]])(
    '%j stay what they are, so that no allow-list has them',
    (api_roles) => {
      expect(vectara.readUser(answer({ id: 'usr_1', api_roles }))?.fields.api_roles).toEqual(api_roles);
    },
  );
});

describe('A page', () => {
  test.each<readonly [string, unknown, readonly (string | undefined)[], string | undefined]>([
    ['with a next one', { users: [{ name }], nextPageToken: 't/2', totalSize: 2 }, [name], 't/2'],
    ['that is the last', { users: [{ name }], nextPageToken: '' }, [name], undefined],
    ['that names no next one', { users: [{ name }] }, [name], undefined],
    ['without users', { totalSize: 0 }, [], undefined],
    [
      'with a user who cannot be understood',
      { users: [null, {}, { name }] },
      [undefined, undefined, name],
      undefined,
    ],
  ])('of Fireworks %s is read', (_, body, ids, next) => {
    const page = fireworks.readPage(answer(body));
    expect(page?.users.map((one) => one?.id)).toEqual(ids);
    expect(Object.values(page?.next(0) ?? {})).toEqual(next === undefined ? [] : [next]);
  });

  test.each<readonly [string, unknown, readonly (string | undefined)[], string | undefined]>([
    ['with a next one', { users: [{ id: 'usr_1' }], metadata: { page_key: 'k 2' } }, ['usr_1'], 'k 2'],
    ['with an empty key', { users: [{ id: 'usr_1' }], metadata: { page_key: '' } }, ['usr_1'], undefined],
    ['with null for a key', { users: [], metadata: { page_key: null } }, [], undefined],
    ['without metadata', { users: [] }, [], undefined],
    ['with strange metadata', { users: [], metadata: 'x' }, [], undefined],
  ])('of Vectara %s is read', (_, body, ids, next) => {
    const page = vectara.readPage(answer(body));
    expect(page?.users.map((one) => one?.id)).toEqual(ids);
    expect(Object.values(page?.next(0) ?? {})).toEqual(next === undefined ? [] : [next]);
  });

  test('of Vectara without a list of users is none', () => {
    expect(vectara.readPage(answer({}))).toBeUndefined();
  });
});

describe('A refusal', () => {
  const quota = [{ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [] }];

  test.each<readonly [string, unknown, object]>([
    [
      'with a number for a code',
      { code: 6, message: 'taken', details: [] },
      { code: 'ALREADY_EXISTS', message: 'taken' },
    ],
    ['that is transient', { code: 10, message: 'again' }, { code: 'ABORTED', message: 'again' }],
    ['with a name for a code', { code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }],
    ['with a code that no one knows', { code: 99 }, { code: undefined }],
    ['with half a code', { code: 1.5 }, { code: undefined }],
    ['with a code below nought', { code: -1 }, { code: undefined }],
    ['with words for a code', { code: 'not a code' }, { code: undefined }],
    ['in an object', { error: { message: 'no', code: 16 } }, { message: 'no', code: 'UNAUTHENTICATED' }],
    [
      'in the form of Google',
      { error: { code: 409, status: 'ABORTED', message: 'again' } },
      { message: 'again', code: 'ABORTED' },
    ],
    ['in a text', { error: 'no' }, { message: 'no' }],
    ['without words', { error: { message: '' } }, { message: undefined }],
    ['in Google’s form', { error: { code: 409, status: 'ABORTED' } }, { code: 'ABORTED' }],
    ['with a status that is no code', { status: 'error', code: 10 }, { code: 'ABORTED' }],
    ['with a number for a status', { error: { code: 10, status: '409' } }, { code: 'ABORTED' }],
    ['that is a quota', { code: 8, details: quota }, { code: 'RESOURCE_EXHAUSTED', quota: true }],
    ['that is a quota in an object', { error: { code: 8, details: quota } }, { quota: true }],
    ['that is no quota', { code: 8, details: [null, { '@type': 'x' }] }, { quota: false }],
  ])('of Fireworks %s is read', (_, body, expected) => {
    expect(fireworks.readError(answer(body))).toMatchObject(expected);
  });

  test.each<readonly [string, unknown, object]>([
    [
      'with everything',
      { field_errors: { email: 'is bad' }, messages: ['One.', 'Two.'], request_id: 'r-1' },
      {
        message: 'One. Two.',
        requestId: 'r-1',
        issues: [{ path: 'data.user.email', message: 'is bad' }],
      },
    ],
    ['without words', { messages: [] }, { message: undefined }],
    ['with words that are none', { messages: [5] }, { message: undefined }],
    ['with words outside a list', { messages: 'No.' }, { message: undefined }],
    ['with a strange request id', { request_id: 'a b\n' }, { requestId: undefined }],
    [
      'with errors that are no text',
      { field_errors: { email: { toString: 1, valueOf: 1 }, username: [] } },
      {
        issues: [
          { path: 'data.user.email', message: 'was refused' },
          { path: 'data.user.username', message: 'was refused' },
        ],
      },
    ],
  ])('of Vectara %s is read', (_, body, expected) => {
    expect(vectara.readError(answer(body))).toMatchObject(expected);
  });
});

describe('A path', () => {
  const odd = 'a/b?c#d%2F ü+&=@x';
  const account = { accountId: odd, apiKey: 'k' };
  const pathOf = (place: FindByKey) => ('path' in place ? place.path : '');

  test.each([
    ['the account', fireworks.account(account, NOWHERE).usersUrl, '/v1/accounts/', '/users'],
    ['the username', pathOf(vectara.findByKey({ email: 'a@b', username: odd }, { apiKey: 'k' })), '/', ''],
  ])('holds %s percent-encoded exactly once', (_, path, before, after) => {
    expect(path.startsWith(before) && path.endsWith(after)).toBe(true);
    const segment = path.slice(before.length, path.length - after.length);
    expect(segment).not.toMatch(/[/?#+&=@ü ]/);
    expect(decodeURIComponent(segment)).toBe(odd);
  });

  test('of a Fireworks list filters by the whole e-mail, quoted; the unfiltered list is the second', () => {
    const user = { email: 'a"&b@c', role: 'user', userId: 'a' };
    const [first = '', second] = fireworks.listByEmail(user, account);
    const query = new URLSearchParams(first);
    expect(query.get('filter')).toBe('email="a\\"&b@c"');
    expect(query.get('pageSize')).toBe('200');
    expect(second).toBe('?pageSize=200');
  });
});

describe('A create', () => {
  test('of a Fireworks user names the key in the query and all else in the body', () => {
    const user = { userId: 'ada-1', email: 'a@b', role: 'custom', permissionPreset: 'p', displayName: 'Ada' };
    expect(fireworks.create(user, { apiKey: 'k', accountId: 'acme' })).toEqual({
      path: '?userId=ada-1',
      body: { email: 'a@b', role: 'custom', permissionPreset: 'p', displayName: 'Ada' },
    });
  });

  test('of a Vectara user names everything in the body', () => {
    const user = { email: 'a@b', username: 'a@b', api_roles: ['viewer'] };
    expect(vectara.create(user, { apiKey: 'k' })).toEqual({ path: '', body: user });
  });
});

describe('An answer made to exhaust who reads it', () => {
  const many = (value: unknown) => Array.from({ length: 130_000 }, () => value);
  const deep: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
  const values = { numbers: many(1), objects: many({}), deep };
  const members = [
    ...[
      'name',
      'id',
      'email',
      'role',
      'state',
      'api_roles',
      'corpus_roles',
      'agent_roles',
      'users',
      'metadata',
    ],
    ...['message', 'messages', 'code', 'error', 'details', 'field_errors', 'request_id', 'nextPageToken'],
  ];
  const cases = providers.flatMap((provider) =>
    Object.keys(values).map((what) => [provider.name, what as keyof typeof values, provider] as const),
  );

  test.each(cases)('is read or not understood by %s, and no defect: %s', (_name, what, provider) => {
    const user = { name, id: 'usr_1', email: 'a@b' };
    for (const member of members) {
      const body = { ...user, users: [user], [member]: values[what] };
      for (const read of [provider.readUser, provider.readPage, provider.readError]) read(answer(body));
    }
    for (const read of [provider.readUser, provider.readPage, provider.readError]) read(answer(values[what]));
  });
});

describe('A refusal tells of a duplicate', () => {
  test.each<readonly [string, boolean]>([
    ['Username or email already exists', true],
    ['The e-mail is Already In Use.', true],
    ['Duplicate user', true],
    ['duplicate e-mail', true],
    ['duplicate email', true],
    [`${'x'.repeat(600)} username already exists`, true],
    ['corpus_roles has duplicate entries', false],
    ['e-mail does not exist yet', false],
  ])('by the words %j: %j', (message, duplicate) => {
    expect(fireworks.readError(answer({ code: 3, message }))).toMatchObject({ duplicate });
    expect(vectara.readError(answer({ messages: [message] }))).toMatchObject({ duplicate });
    expect(vectara.readError(answer({ field_errors: { username: message } }))).toMatchObject({ duplicate });
  });
});

describe('What goes into a completion', () => {
  const name = 'accounts/acme/users/ada';
  test.each([
    ['a state that is no word in capitals', { name, state: 'Bearer KEY-12345' }, { state: undefined }],
    ['a time that is none', { name, createTime: 'ada@example.com' }, { createdAt: undefined }],
    ['a time beyond all measure', { name, createTime: '2'.repeat(1_200_000) }, { createdAt: undefined }],
  ])('is not %s', (_, body, told) => {
    expect(fireworks.readUser(answer(body))).toMatchObject({ id: name, ...told });
  });

  test.each([
    'accounts/acme/operations/123',
    'accounts/Bearer KEY-12345/users/ada',
    `accounts/${'a'.repeat(200)}/users/ada`,
    'Error',
  ])('is no name like %s', (odd) => {
    expect(fireworks.readUser(answer({ name: odd }))).toBeUndefined();
  });

  test.each(['usr_', 'usr_a b', `usr_${'a'.repeat(200)}`, 'user-1'])('is no id like %s', (id) => {
    expect(vectara.readUser(answer({ id }))).toBeUndefined();
  });
});
