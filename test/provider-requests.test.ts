import { describe, expect, onTestFinished, test } from 'vitest';
import { fireworks } from '../lib/providers/fireworks.ts';
import type { Fields, Provider } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { type Call, json } from '../local/sandboxes/calls.ts';
import { startFireworks } from '../local/sandboxes/fireworks.ts';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';
import { startVectara, type VectaraOptions } from '../local/sandboxes/vectara.ts';
import manifest from '../package.json' with { type: 'json' };
import { requestOf } from './deliveries.ts';
import type { Told } from './told.ts';
import { type ContainerOptions, type DeliveryOptions, openWorld, type World } from './world.ts';

function open(provider: Provider, sandbox: Sandbox): World {
  onTestFinished(() => sandbox.close());
  return openWorld(provider, sandbox);
}

const openFireworks = async () => open(fireworks, await startFireworks());
const openVectara = async (options: VectaraOptions = {}) => open(vectara, await startVectara(options));

/** Delivers a request for the user for the first and last time. */
function request(
  world: World,
  user: Fields,
  options: ContainerOptions & DeliveryOptions = {},
): Promise<Told> {
  const event = requestOf({ provider: world.provider.name, user });
  return world.startContainer({ maxReceives: 1, ...options }).deliver(event, options);
}

/** A call as it went over the wire, without what Node.js adds of itself. */
function wire(call: Call | undefined) {
  const { method, path, headers: { host: _, connection: __, ...headers } = {}, body } = call ?? {};
  return { method, path, headers, body };
}

/** What every call says. */
const EVERY_CALL = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  'user-agent': `usher/${manifest.version}`,
};

function paths({ sandbox }: World): string[] {
  return sandbox.calls.map(({ method, path }) => `${method} ${path}`);
}

function jsonBodies({ sandbox }: World): unknown[] {
  return sandbox.calls.filter(({ operation }) => operation === 'create').map(({ body }) => JSON.parse(body));
}

const error = { code: 13, message: 'internal', details: [] };
const taken = json(409, { code: 6, message: 'there is one', details: [] });

describe('What Fireworks is asked', () => {
  const ada = { userId: 'ada', email: 'ada@example.com' };

  test('creates with the key in the query and the user as the body', async () => {
    const world = await openFireworks();
    await request(world, { ...ada, displayName: 'Ada 🎉' });
    const { apiKey } = JSON.parse(world.sandbox.secret);
    const body = '{"email":"ada@example.com","role":"user","displayName":"Ada 🎉"}';
    expect(world.sandbox.calls.map(wire)).toEqual([
      {
        method: 'POST',
        path: '/v1/accounts/acme/users?userId=ada',
        headers: {
          ...EVERY_CALL,
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        },
        body,
      },
    ]);
  });

  test('creates under a key derived from the e-mail where the request states none', async () => {
    const world = await openFireworks();
    await request(world, { email: 'Ada.Lovelace+x@example.com' });
    expect(paths(world)).toEqual([
      expect.stringMatching(/^POST \/v1\/accounts\/acme\/users\?userId=ada-lovelace-x-[0-9a-f]{16}$/),
    ]);
  });

  test.each([
    [
      'a service account without an e-mail',
      { userId: 'ci', serviceAccount: true },
      { role: 'user', serviceAccount: true },
    ],
    [
      'a service account with an e-mail',
      { userId: 'ci', serviceAccount: true, email: 'ci@example.com', role: 'contributor' },
      { email: 'ci@example.com', role: 'contributor', serviceAccount: true },
    ],
    [
      'a custom role with its preset',
      { ...ada, role: 'custom', permissionPreset: 'billing' },
      { email: 'ada@example.com', role: 'custom', permissionPreset: 'billing' },
    ],
  ])('creates %s with these fields and no others', async (_, user, body) => {
    const world = await openFireworks();
    expect(await request(world, user)).toMatchObject({ result: 'created' });
    expect(jsonBodies(world)).toEqual([body]);
  });

  test('adopts a service account whose e-mail the provider has made up', async () => {
    const world = await openFireworks();
    const user = { userId: 'ci', serviceAccount: true, email: 'ci@example.com' };
    world.sandbox.addUser({ ...user, email: 'made-up@example.com' });
    expect(await request(world, user)).toMatchObject({ result: 'existing', differences: [] });
  });

  test('looks for a user by the key alone after a doubtful create', async () => {
    const world = await openFireworks();
    world.sandbox.inject('create', { applied: false, reply: json(500, error) });
    await request(world, ada);
    expect(paths(world)).toEqual([
      'POST /v1/accounts/acme/users?userId=ada',
      'GET /v1/accounts/acme/users/ada',
    ]);
  });

  test('looks for a user who exists by the key, then by the e-mail', async () => {
    const world = await openFireworks();
    world.sandbox.inject('create', { applied: false, reply: taken });
    await request(world, { ...ada, email: 'a"d\\a+1@example.com' });
    const filter = encodeURIComponent('email="a\\"d\\\\a+1@example.com"');
    expect(paths(world)).toEqual([
      'POST /v1/accounts/acme/users?userId=ada',
      'GET /v1/accounts/acme/users/ada',
      `GET /v1/accounts/acme/users?pageSize=200&filter=${filter}`,
      'GET /v1/accounts/acme/users?pageSize=200',
    ]);
    expect(wire(world.sandbox.calls[1])).toMatchObject({
      headers: { ...EVERY_CALL, authorization: expect.stringMatching(/^Bearer fw_/) },
      body: '',
    });
    expect(world.sandbox.calls[1]?.headers).not.toHaveProperty('content-type');
  });

  test('looks through all users where they cannot be filtered', async () => {
    const world = await openFireworks();
    for (let index = 0; index < 250; index++) {
      world.sandbox.addUser({ userId: `a-${index}`, email: `${index}@example.com` });
    }
    world.sandbox.addUser({ userId: 'z', email: 'ADA@example.com' });
    world.sandbox.inject('list', { applied: false, reply: json(400, { ...error, code: 3 }) });
    expect(await request(world, ada)).toMatchObject({
      code: 'user_conflict',
      remote: 'absent',
      differences: ['userId'],
    });
    expect(paths(world).slice(3)).toEqual([
      'GET /v1/accounts/acme/users?pageSize=200',
      expect.stringMatching(/^GET \/v1\/accounts\/acme\/users\?pageSize=200&pageToken=\w+$/),
    ]);
  });

  test('is not misled where the filter is ignored', async () => {
    const world = await openFireworks();
    const everybody = ['grace', 'alan'].map((userId) => ({
      name: `accounts/acme/users/${userId}`,
      email: `${userId}@example.com`,
    }));
    world.sandbox.inject('create', { applied: false, reply: taken });
    world.sandbox.inject('list', { applied: false, reply: json(200, { users: everybody }) });
    expect(await request(world, ada)).toMatchObject({ code: 'provider_pending', remote: 'unknown' });
  });

  test('does not page for ever, and then does not know', async () => {
    const world = await openFireworks();
    world.sandbox.inject('create', { applied: false, reply: taken });
    const page = json(200, { users: [], nextPageToken: 'again' });
    world.sandbox.inject('list', { applied: false, reply: page }, Number.POSITIVE_INFINITY);
    expect(await request(world, ada)).toMatchObject({ code: 'provider_pending', remote: 'unknown' });
    expect(paths(world).filter((path) => path.includes('pageSize='))).toHaveLength(100);
  });

  test('goes to the account of the secret, percent-encoded, below the path of the base URL', async () => {
    const world = await openFireworks();
    world.aws.secrets.set('usher/fireworks/default', '{"apiKey":"k","accountId":"ä+b:c","note":"ignored"}');
    await request(world, ada, { environment: { FIREWORKS_BASE_URL: `${world.sandbox.url}/proxy/` } });
    expect(paths(world)).toEqual(['POST /proxy/v1/accounts/%C3%A4%2Bb%3Ac/users?userId=ada']);
  });
});

describe('What Fireworks answers', () => {
  const ada = { userId: 'ada', email: 'ada@example.com' };
  const answering = async (status: number, body: unknown, headers = {}) => {
    const world = await openFireworks();
    world.sandbox.inject('create', { applied: false, reply: json(status, body, headers) });
    return request(world, ada);
  };

  test.each([
    ['ABORTED', { code: 10, message: 'try again' }],
    ['ABORTED in the form of Google', { error: { code: 409, status: 'ABORTED', message: 'try again' } }],
  ])('409 with %s is transient, not a conflict', async (_, body) => {
    expect(await answering(409, body)).toMatchObject({
      code: 'provider_unavailable',
      httpStatus: 409,
      providerCode: 'ABORTED',
      remote: 'absent',
    });
  });

  test.each([
    ['ALREADY_EXISTS', { code: 6, message: 'there is one' }],
    ['ALREADY_EXISTS in the form of Google', { error: { code: 409, status: 'ALREADY_EXISTS' } }],
  ])('409 with %s is a user who exists, and is waited for while nobody shows', async (_, body) => {
    expect(await answering(409, body)).toMatchObject({
      code: 'provider_pending',
      httpStatus: 409,
      providerCode: 'ALREADY_EXISTS',
      remote: 'unknown',
    });
  });

  test('429 with a quota that waiting does not mend is a matter of capacity', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [] }];
    expect(await answering(429, { code: 8, message: 'seats', details })).toMatchObject({
      code: 'provider_capacity',
      providerCode: 'RESOURCE_EXHAUSTED',
      remote: 'absent',
    });
  });

  test.each([
    ['a status object', { code: 3, message: 'bad role', details: [] }, 'bad role', 'INVALID_ARGUMENT'],
    ['an error object', { error: { message: 'bad role', code: 'invalid_role' } }, 'bad role', 'invalid_role'],
    ['a text', { error: 'bad role' }, 'bad role', undefined],
  ])('%s is told with its message and code', async (_, body, message, providerCode) => {
    expect(await answering(400, body, { 'x-request-id': 'req-1' })).toEqual({
      result: 'dead-lettered',
      code: 'provider_rejected',
      message: `fireworks answered 400: ${message}`,
      exhausted: false,
      httpStatus: 400,
      ...(providerCode && { providerCode }),
      providerRequestId: 'req-1',
      remote: 'absent',
    });
  });
});

describe('What Vectara is asked', () => {
  const ada = { username: 'ada', email: 'ada@example.com' };

  test('creates with a token that client credentials were exchanged for', async () => {
    const world = await openVectara();
    await request(world, { ...ada, description: 'Ada 🎉' });
    const { clientId, clientSecret } = JSON.parse(world.sandbox.secret);
    const token = world.sandbox.confidential().find((secret) => secret.startsWith('vat_'));
    const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`;
    const body = '{"email":"ada@example.com","username":"ada","description":"Ada 🎉"}';
    expect(world.sandbox.calls.map(wire)).toEqual([
      {
        method: 'POST',
        path: '/oauth2/token',
        headers: {
          ...EVERY_CALL,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(form.length),
        },
        body: form,
      },
      {
        method: 'POST',
        path: '/v2/users',
        headers: {
          ...EVERY_CALL,
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'request-timeout-millis': '10000',
        },
        body,
      },
    ]);
  });

  test('creates with an API key where the secret holds one', async () => {
    const world = await openVectara({ useApiKey: true });
    await request(world, ada);
    const [call, ...more] = world.sandbox.calls;
    expect(more).toEqual([]);
    expect(call?.headers).toMatchObject({ 'x-api-key': JSON.parse(world.sandbox.secret).apiKey });
    expect(call?.headers).not.toHaveProperty('authorization');
  });

  test('creates with corpus and agent roles, and the e-mail as the username where none is stated', async () => {
    const world = await openVectara();
    const user = {
      email: 'ada@example.com',
      api_roles: ['viewer'],
      corpus_roles: [{ corpus_key: 'wiki', role: 'editor' }],
      agent_roles: [{ agent_key: 'helper', role: 'agent_user' }],
    };
    expect(await request(world, user)).toMatchObject({
      result: 'created',
      user: { id: expect.stringMatching(/^usr_/), username: 'ada@example.com' },
    });
    expect(jsonBodies(world)).toEqual([{ ...user, username: 'ada@example.com' }]);
  });

  test.each([
    ['ada@example.com', 'ada%40example.com'],
    ['a/b?c#d', 'a%2Fb%3Fc%23d'],
    ['50%41', '50%2541'],
    ['a b+c&d=e;f', 'a%20b%2Bc%26d%3De%3Bf'],
    ['ä 🎉', '%C3%A4%20%F0%9F%8E%89'],
    ['...', '...'],
    ["(it's)*!~", "(it's)*!~"],
  ])('percent-encodes the username %s exactly once', async (username, encoded) => {
    const world = await openVectara();
    world.sandbox.addUser({ ...ada, username });
    expect(await request(world, { ...ada, username })).toMatchObject({ result: 'existing' });
    expect(paths(world).at(-1)).toBe(`GET /v2/users/${encoded}`);
  });

  test('adopts a user whose username is the e-mail in other case', async () => {
    const world = await openVectara();
    world.sandbox.addUser({ username: 'ada@example.com', email: 'ada@example.com' });
    expect(await request(world, { email: 'Ada@Example.com' })).toMatchObject({
      result: 'existing',
      differences: [],
    });
    expect(paths(world).slice(-2)).toEqual(['GET /v2/users/Ada%40Example.com', 'GET /v2/users?limit=100']);
  });

  test('never adopts a user with a role beyond the allow-list, though the request states no roles', async () => {
    const world = await openVectara();
    world.sandbox.addUser({ ...ada, api_roles: ['viewer', 'administrator'] });
    expect(await request(world, ada)).toMatchObject({ code: 'user_conflict', differences: ['api_roles'] });
  });

  test('pages through all users to the one who holds the e-mail', async () => {
    const world = await openVectara();
    for (let index = 0; index < 250; index++) {
      world.sandbox.addUser({ username: `a-${index}`, email: `${index}@example.com` });
    }
    world.sandbox.addUser({ username: 'somebody', email: 'ADA@example.com' });
    expect(await request(world, ada)).toMatchObject({
      code: 'user_conflict',
      remote: 'absent',
      differences: ['username'],
    });
    expect(paths(world).slice(3)).toEqual([
      'GET /v2/users?limit=100',
      expect.stringMatching(/^GET \/v2\/users\?limit=100&page_key=\w+$/),
      expect.stringMatching(/^GET \/v2\/users\?limit=100&page_key=\w+$/),
    ]);
  });

  test('percent-encodes the page key', async () => {
    const world = await openVectara();
    world.sandbox.inject('create', { applied: false, reply: json(409, {}) });
    world.sandbox.inject('list', {
      applied: false,
      reply: json(200, { users: [], metadata: { page_key: 'a+b/c==' } }),
    });
    await request(world, ada);
    expect(paths(world).at(-1)).toBe('GET /v2/users?limit=100&page_key=a%2Bb%2Fc%3D%3D');
  });

  test('does not page for ever, and then does not know', async () => {
    const world = await openVectara();
    world.sandbox.inject('create', { applied: false, reply: json(409, {}) });
    const page = json(200, { users: [], metadata: { page_key: 'again' } });
    world.sandbox.inject('list', { applied: false, reply: page }, Number.POSITIVE_INFINITY);
    expect(await request(world, ada)).toMatchObject({ code: 'provider_pending', remote: 'unknown' });
    expect(paths(world).filter((path) => path.includes('limit='))).toHaveLength(100);
  });

  test('tells of somebody else who holds the e-mail, however many pages follow', async () => {
    const world = await openVectara();
    world.sandbox.inject('create', { applied: false, reply: json(409, {}) });
    const eve = { id: 'usr_9', username: 'eve', email: ada.email };
    const page = json(200, { users: [eve], metadata: { page_key: 'again' } });
    world.sandbox.inject('list', { applied: false, reply: page }, Number.POSITIVE_INFINITY);
    expect(await request(world, ada)).toMatchObject({ code: 'user_conflict', remote: 'absent' });
  });

  test('does not take somebody whose username is not shown for somebody else', async () => {
    const world = await openVectara();
    world.sandbox.inject('create', { applied: false, reply: json(409, {}) });
    const page = json(200, { users: [{ id: 'usr_9', username: '', email: ada.email }] });
    world.sandbox.inject('list', { applied: false, reply: page });
    expect(await request(world, ada)).toMatchObject({ code: 'provider_pending', remote: 'unknown' });
  });

  test('is told how long each call may take', async () => {
    const world = await openVectara();
    const reply = () => {
      world.clock.skip(500.5);
      return json(500, {});
    };
    world.sandbox.inject('create', { applied: true, reply });
    await request(world, ada, { remainingMs: 4000 });
    const [token, ...calls] = world.sandbox.calls;
    expect(token?.headers).not.toHaveProperty('request-timeout-millis');
    expect(calls.map(({ headers }) => headers['request-timeout-millis'])).toEqual(['3000', '2499']);
  });
});

describe('What Vectara answers', () => {
  const ada = { username: 'ada', email: 'ada@example.com' };

  test('field errors become issues of the request', async () => {
    const world = await openVectara();
    const body = {
      field_errors: { 'corpus_roles.0.corpus_key': 'no such corpus', email: 'no such domain' },
      messages: ['Malformed.', 'Mend it.'],
      request_id: 'request-1',
    };
    world.sandbox.inject('create', { applied: false, reply: json(400, body) });
    expect(await request(world, ada)).toEqual({
      result: 'dead-lettered',
      code: 'provider_rejected',
      message: 'vectara answered 400: Malformed. Mend it.',
      exhausted: false,
      httpStatus: 400,
      providerRequestId: 'request-1',
      issues: [
        { path: 'data.user.corpus_roles.0.corpus_key', message: 'no such corpus' },
        { path: 'data.user.email', message: 'no such domain' },
      ],
      remote: 'absent',
    });
  });

  test.each([
    ['a message', { messages: ['Username or email already exists'] }],
    ['a field error', { field_errors: { username: 'is already taken' }, messages: [] }],
  ])('a duplicate told as 400 with %s is a conflict', async (_, body) => {
    const world = await openVectara();
    world.sandbox.addUser(ada);
    world.sandbox.inject('create', { applied: false, reply: json(400, body) });
    expect(await request(world, ada)).toMatchObject({ result: 'existing' });
  });

  test('a 201 with empty e-mail, username and description is told with the username of the request', async () => {
    const world = await openVectara();
    const blank = { email: '', username: '', description: '' };
    world.sandbox.inject('create', {
      applied: true,
      reply: ({ body }) => json(201, { ...JSON.parse(String(body)), ...blank }),
    });
    expect(await request(world, ada)).toMatchObject({ result: 'created', user: { username: 'ada' } });
  });

  test('one-time codes go nowhere', async () => {
    const world = await openVectara();
    await request(world, ada);
    const codes = world.sandbox.confidential().filter((secret) => secret.startsWith('otc_'));
    expect(codes).toHaveLength(1);
    const told = JSON.stringify([world.logs, world.aws.sent]);
    expect(told).not.toContain(codes[0]);
    expect(told).not.toContain('one_time');
  });
});
