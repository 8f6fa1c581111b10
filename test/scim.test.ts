import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../lib/json.ts';
import { scim } from '../lib/providers/scim.ts';
import { type Answer, json } from '../local/sandboxes/calls.ts';
import { type ScimOptions, startScim } from '../local/sandboxes/scim.ts';
import { inWorld } from './conformance/case.ts';
import { credentials } from './conformance/credentials.ts';
import { all, fails, type Given } from './conformance/faults.ts';
import { subjectOf } from './conformance/fixtures.ts';
import { having, otherUser, requestFor, type Subject, storedUser } from './conformance/subject.ts';
import { tokens } from './conformance/tokens.ts';

const standard = subjectOf(scim);

function server(quirks: ScimOptions): Subject {
  return { ...standard, startSandbox: (options) => startScim({ ...options, ...quirks }) };
}

interface Delivered {
  readonly user?: JsonObject;
  readonly receives?: number;
}

/** Delivers one request to a server that is no better than many are; what is told, the calls, and the users after it. */
function deliver(quirks: ScimOptions, given: Given = () => {}, { user, receives = 1 }: Delivered = {}) {
  const subject = server(quirks);
  return inWorld(subject, async (world) => {
    const container = world.startContainer();
    given(world);
    world.takeOperations();
    const told = await container.deliver(requestFor(subject, { ...(user && { user }) }), { receives });
    return { ...told, calls: world.takeOperations(), users: world.sandbox.users() };
  });
}

const has =
  (values: JsonObject = {}): Given =>
  ({ sandbox }) =>
    void sandbox.addUser(storedUser(standard, values));
const hasOthers =
  (count: number): Given =>
  ({ sandbox }) => {
    for (let index = 0; index < count; index++) sandbox.addUser(otherUser(standard, index));
  };
const nobody = json(200, { totalResults: 0 });
/** The look before the create does not show the user, who was made in the same moment, or whom reads lag behind. */
const meetsInRace = all(has(), fails('get', nobody));
const ADOPTED = { result: 'existing', differences: [], users: [expect.anything()] };

describe('A server that changes a user who is there by a POST', () => {
  test.each([200, 201] as const)(
    '(%i) is not sent one, and the user is adopted as it is',
    async (createdStatus) => {
      const told = await deliver({ upsert: true, createdStatus }, has({ displayName: 'Countess' }));
      expect(told).toMatchObject({ result: 'existing', differences: ['displayName'], calls: ['get'] });
      expect(told.users).toMatchObject([{ displayName: 'Countess' }]);
    },
  );

  test('keeps a user who has other rights as it is, which is a conflict', async () => {
    const told = await deliver({ upsert: true }, has({ roles: ['member'] }));
    expect(told).toMatchObject({ code: 'user_conflict', remote: 'present', differences: ['roles'] });
    expect(told).toMatchObject({ calls: ['get'], users: [{ roles: [{ value: 'member' }] }] });
  });

  test('is sent none while it does not let itself be looked at', async () => {
    const refused = fails('get', json(403, {}), 9);
    const told = await deliver({ upsert: true }, all(has(), refused, fails('list', json(403, {}), 9)));
    expect(told).toMatchObject({ code: 'provider_unauthorized', calls: ['get', 'list'] });
  });

  test('is sent none while it has more users than can be looked through', async () => {
    const quirks = { upsert: true, secretOptions: { filter: 'none' } };
    const told = await deliver(quirks, hasOthers(10_001));
    expect(told).toMatchObject({ code: 'provider_capacity', delaySeconds: 60 });
    expect(told.calls).toEqual(Array.from({ length: 100 }, () => 'list'));
    // Not even where somebody else is seen who has the same e-mail.
    const seen = await deliver(quirks, all(has({ userName: 'countess' }), hasOthers(10_001)));
    expect(seen).toMatchObject({ code: 'provider_capacity' });
  });
});

describe('A create that is answered with anything but 201', () => {
  test('proves no creation by 200: the user is looked for', async () => {
    expect(await deliver({ createdStatus: 200 })).toMatchObject({
      ...ADOPTED,
      calls: ['get', 'create', 'get'],
    });
  });

  test('by 202 is asked for soon again, and again while the user is not shown, and makes one user', () => {
    const subject = server({ createdStatus: 202 });
    return inWorld(subject, async ({ startContainer, sandbox, takeOperations }) => {
      const container = startContainer();
      const waiting = { result: 'handed back', code: 'provider_pending' };
      const asked = ['get', 'create', 'get', 'list'];
      expect(await container.deliver(requestFor(subject))).toEqual({ ...waiting, delaySeconds: 10 });
      expect(takeOperations()).toEqual(asked);
      const again = await container.deliver(requestFor(subject), { receives: 2 });
      expect(again).toEqual({ ...waiting, delaySeconds: 20 });
      expect(takeOperations()).toEqual(asked);
      sandbox.reveal();
      const last = await container.deliver(requestFor(subject), { receives: 3 });
      expect(last).toMatchObject({ result: 'existing' });
      expect(takeOperations()).toEqual(['get']);
      expect(sandbox.users()).toHaveLength(1);
    });
  });

  test('by 201 without a body is looked for', async () => {
    expect(await deliver({ silent: true })).toMatchObject({ ...ADOPTED, calls: ['get', 'create', 'get'] });
  });
});

describe('A duplicate', () => {
  const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
  test.each<readonly [string, number, unknown]>([
    ['409 as the standard has it', 409, { schemas: [ERROR], status: '409', scimType: 'uniqueness' }],
    ['409 without scimType', 409, { schemas: [ERROR], status: '409', detail: 'Conflict' }],
    ['409 with a status that is a number', 409, { schemas: [ERROR], status: 409 }],
    ['409 with a detail alone', 409, { detail: 'User exists' }],
    ['409 without a body', 409, undefined],
    ['400 with scimType', 400, { schemas: [ERROR], status: '400', scimType: 'uniqueness' }],
    ['400 with [duplicate]', 400, { detail: '[duplicate]user.username' }],
    ['400 that says so', 400, { detail: 'User with userName ada already exists' }],
    ['422 that says so', 422, { detail: 'userName must be unique' }],
    ['500', 500, { detail: 'duplicate key value violates unique constraint' }],
  ])('that is told by %s leads to the user', async (_, status, body) => {
    const told = await deliver({ duplicate: { status, body } }, meetsInRace);
    expect(told).toMatchObject({ ...ADOPTED, calls: ['get', 'create', 'get'] });
  });
});

describe('A filter', () => {
  const BY_LIST = { ...ADOPTED, calls: ['get', 'create', 'get', 'list'] };

  test('that is ignored shows everybody, of whom only the one who is meant counts', async () => {
    const found = await deliver({ filter: 'ignored' }, all(hasOthers(150), has({ userName: 'zoe' }), has()));
    expect(found).toMatchObject({ result: 'existing', calls: ['get'] });
    const created = await deliver({ filter: 'ignored' }, hasOthers(250));
    expect(created).toMatchObject({ result: 'created', calls: ['get', 'get', 'get', 'create'] });
  });

  test('that compares case hides a user whom the list shows after the conflict', async () => {
    expect(await deliver({ filter: 'with case' }, has({ userName: 'ADA' }))).toMatchObject(BY_LIST);
  });

  test('that finds nobody hides a user whom the list shows after the conflict', async () => {
    expect(await deliver({ filter: 'finds nobody' }, has())).toMatchObject(BY_LIST);
  });

  test('that finds nobody hides a user whom the server claims to have made, and the list shows', async () => {
    const told = await deliver({ filter: 'finds nobody', createdStatus: 200 });
    expect(told).toMatchObject(BY_LIST);
  });

  test('that is refused is made up for by the list', async () => {
    const found = await deliver({ filter: 'refused' }, has());
    expect(found).toMatchObject({ ...ADOPTED, calls: ['get', 'list'] });
    const created = await deliver({ filter: 'refused' });
    expect(created).toMatchObject({ result: 'created', calls: ['get', 'list', 'create'] });
  });

  test('is not used where the secret says that there is none', async () => {
    const quirks = { filter: 'finds nobody', upsert: true, secretOptions: { filter: 'none' } } as const;
    expect(await deliver(quirks, has())).toMatchObject({ ...ADOPTED, calls: ['list'] });
  });

  test('quotes what would end it', async () => {
    const user = having(standard, standard.user, { userName: 'a"\\b' });
    const told = await deliver({}, has({ userName: 'a"\\b' }), { user });
    expect(told).toMatchObject({ ...ADOPTED, calls: ['get'] });
  });
});

describe('A list', () => {
  const hidden = { filter: 'finds nobody' } as const;
  const last = all(hasOthers(350), has({ userName: 'zz' }));
  const user = having(standard, standard.user, { userName: 'zz' });

  test.each(['cursor', 'overlapping', undefined] as const)(
    'with pages (%s) is read to its end',
    async (paging) => {
      const told = await deliver({ ...hidden, ...(paging && { paging }) }, last, { user });
      const lists = ['list', 'list', 'list', 'list'];
      expect(told).toMatchObject({ result: 'existing', calls: ['get', 'create', 'get', ...lists] });
    },
  );

  test('that always begins anew is given up once it shows nobody new', async () => {
    const told = await deliver({ ...hidden, paging: 'none' }, last, { user });
    const calls = ['get', 'create', 'get', 'list', 'list'];
    expect(told).toMatchObject({ code: 'provider_pending', calls });
  });

  test('that shows nobody but a user of the server itself leads to a conflict that nobody can judge', async () => {
    const quirks = { ...hidden, synthetic: true };
    expect(await deliver(quirks, has())).toMatchObject({ code: 'provider_pending', delaySeconds: 10 });
    const told = await deliver(quirks, has(), { receives: 4 });
    expect(told).toMatchObject({ code: 'user_conflict', remote: 'unknown', httpStatus: 409 });
  });
});

describe('A refusal', () => {
  test('by 403 that tells of a limit is none of the credentials', async () => {
    const told = await deliver({ most: 1 }, has({ userName: 'grace' }));
    expect(told).toMatchObject({ code: 'provider_capacity', delaySeconds: 60, calls: ['get', 'create'] });
  });

  test('by 403 that names a scimType is one of this request', async () => {
    const told = await deliver({}, fails('create', json(403, { scimType: 'sensitive' })));
    expect(told).toMatchObject({ code: 'provider_rejected', remote: 'absent', httpStatus: 403 });
  });

  test('by 403 that says nothing is one of the credentials', async () => {
    const told = await deliver({}, fails('create', json(403, {})));
    expect(told).toMatchObject({ code: 'provider_unauthorized', delaySeconds: 60 });
  });

  test('by an inactive directory, which answers every call with 200 and {}, is not understood', async () => {
    const empty: Answer = json(200, {});
    const told = await deliver({}, all(fails('get', empty, 9), fails('create', empty, 9)));
    expect(told).toMatchObject({ code: 'provider_invalid_response', calls: ['get'] });
  });
});

describe('A server that wants more than the standard', () => {
  test('speaks nothing but application/scim+json', async () => {
    expect(await deliver({ strictType: true })).toMatchObject({ result: 'created' });
    const plain = await deliver({ strictType: true, secretOptions: { mediaType: 'application/json' } });
    expect(plain).toMatchObject({
      result: 'handed back',
      code: 'provider_unavailable',
      calls: ['get', 'list'],
    });
  });

  test('is sent plain JSON where the secret says so', () => {
    const subject = server({ secretOptions: { mediaType: 'application/json' } });
    return inWorld(subject, async ({ startContainer, sandbox }) => {
      await startContainer().deliver(requestFor(subject));
      const [, create] = sandbox.calls;
      expect(create?.headers).toMatchObject({ 'content-type': 'application/json' });
    });
  });

  test('is not asked where a request lacks what it requires, and each is told', async () => {
    const required = ['name.givenName', 'name.middleName', 'emails', 'externalId'];
    const told = await deliver({ secretOptions: { required } });
    expect(told).toMatchObject({ code: 'invalid_event', remote: 'absent', calls: [] });
    expect(told).toMatchObject({
      message: expect.stringContaining('data.user.name.middleName is required by the server'),
    });
    expect(told).toMatchObject({ message: expect.stringContaining('data.user.externalId is required') });
  });

  test('gets the extensions that its secret lists, and no others', async () => {
    const GAMES = 'urn:acme:params:scim:schemas:extension:games:2.0:User';
    const user = { ...standard.user, [GAMES]: { level: 7 } };
    const told = await deliver({}, undefined, { user });
    expect(told).toMatchObject({ code: 'invalid_event', calls: [] });
    expect(told).toMatchObject({ message: expect.stringContaining(`data.user.${GAMES} is not among`) });
    const taken = await deliver({ secretOptions: { extensions: [GAMES] } }, undefined, { user });
    expect(taken).toMatchObject({ result: 'created', users: [{ [GAMES]: { level: 7 } }] });
    const other = has({ [`${GAMES}:level`]: 8 });
    const differing = await deliver({ secretOptions: { extensions: [GAMES] } }, other, { user });
    expect(differing).toMatchObject({ result: 'existing', differences: [`${GAMES}:level`] });
  });
});

describe('Rights', () => {
  test('that a server never shows make a user who is met again a conflict', async () => {
    const quirks = { hidden: ['roles'] };
    expect(await deliver(quirks)).toMatchObject({ result: 'created' });
    expect(await deliver(quirks, has())).toMatchObject({ code: 'user_conflict', differences: ['roles'] });
  });

  test.each([
    ['true', 'True', 'existing'],
    ['false', 'False', 'dead-lettered'],
    ['nothing', undefined, 'existing'],
  ])('of a user who is said to be active by %s', async (_, active, result) => {
    const told = await deliver({}, ({ sandbox }) => {
      sandbox.addUser({ ...storedUser(standard), active });
    });
    expect(told).toMatchObject({ result });
  });

  test('that are stated as plain texts are understood', async () => {
    const told = await deliver({}, ({ sandbox }) => {
      sandbox.addUser({ ...storedUser(standard), roles: ['editor', 'member'], entitlements: ['member'] });
    });
    expect(told).toMatchObject(ADOPTED);
  });

  test('outside the allow-list are refused before any call, wherever they stand', async () => {
    const user = {
      ...standard.user,
      roles: [{ value: 'member' }, { value: 'owner' }],
      entitlements: [{ value: 'all' }],
    };
    const told = await deliver({}, undefined, { user });
    expect(told).toMatchObject({ code: 'role_not_allowed', calls: [] });
  });
});

describe('A SCIM server that is called with a name and a password', () => {
  credentials(server({ authenticates: 'basic' }));
});

describe('A SCIM server that wants a token', () => {
  const subject = { ...server({ authenticates: 'client' }), usesTokens: true };
  credentials(subject);
  tokens(subject);
});
