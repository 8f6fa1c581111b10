import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Answer, type Call, json } from '../local/sandboxes/calls.ts';
import type { Fault } from '../local/sandboxes/faults.ts';
import { type FireworksOptions, startFireworks } from '../local/sandboxes/fireworks.ts';
import { firewallRefusal, routerNotFound, withBom, zipped } from '../local/sandboxes/intermediaries.ts';
import type { Sandbox, SandboxOptions, StartSandbox } from '../local/sandboxes/sandbox.ts';
import { startVectara, type VectaraOptions } from '../local/sandboxes/vectara.ts';

interface Reply {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
}

function closing(sandbox: Sandbox): Sandbox {
  onTestFinished(() => sandbox.close());
  return sandbox;
}

function post(body: unknown, headers: Record<string, string>): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers };
}

const ada = { email: 'ada@example.com', role: 'user' };

async function fireworks(options?: FireworksOptions) {
  const sandbox = closing(await startFireworks(options));
  const users = `${sandbox.url}/v1/accounts/acme/users`;
  const headers = () => ({ authorization: `Bearer ${JSON.parse(sandbox.secret).apiKey}` });
  return {
    sandbox,
    users,
    create: (userId: string, body: unknown) => send(`${users}?userId=${userId}`, post(body, headers())),
    get: (path: string) => send(`${users}${path}`, { headers: headers() }),
  };
}

async function vectara(options: VectaraOptions = {}) {
  const sandbox = closing(await startVectara({ useApiKey: true, ...options }));
  const users = `${sandbox.url}/v2/users`;
  const headers = () => ({ 'x-api-key': String(JSON.parse(sandbox.secret).apiKey) });
  return {
    sandbox,
    users,
    create: (body: unknown) => send(users, post(body, headers())),
    get: (path: string, more = {}) => send(`${users}${path}`, { headers: { ...headers(), ...more } }),
  };
}

describe('The Fireworks sandbox', () => {
  test('refuses a second user of one e-mail, unless e-mails may be shared', async () => {
    for (const sharedEmails of [false, true]) {
      const { create } = await fireworks({ sharedEmails });
      await create('ada', ada);
      expect((await create('ada', ada)).status).toBe(409);
      expect((await create('countess', ada)).status).toBe(sharedEmails ? 200 : 409);
    }
  });

  test('creates a user under the given id and shows it again', async () => {
    const { sandbox, create, get } = await fireworks();
    const created = await create('ada', { ...ada, displayName: 'Ada 🌍' });
    expect(created).toMatchObject({
      status: 200,
      json: { ...ada, name: 'accounts/acme/users/ada', displayName: 'Ada 🌍', state: 'READY' },
    });
    expect(created.json.createTime).toMatch(/^\d{4}-.+Z$/);
    expect(await get('/ada')).toMatchObject({ status: 200, json: created.json });
    expect(sandbox.users()).toEqual([created.json]);
  });

  test.each([
    ['an unknown field', { ...ada, nickname: 'A' }, 'nickname: unknown field'],
    ['a read-only field', { ...ada, state: 'READY' }, 'state: unknown field'],
    ['no role', { email: 'ada@example.com' }, 'role: '],
    ['an unknown role', { ...ada, role: 'emperor' }, 'role: '],
    ['no e-mail', { role: 'user' }, 'email: is required'],
    ['a malformed e-mail', { ...ada, email: 'ada@@example.com' }, 'email: '],
    ['a display name of 64 characters', { ...ada, displayName: '🌍'.repeat(64) }, 'displayName: '],
    ['a preset without the custom role', { ...ada, permissionPreset: 'x' }, 'permissionPreset: '],
    ['no object', 'ada', 'body: '],
  ])('refuses %s with 400 and code 3', async (_, body, message) => {
    const { sandbox, create } = await fireworks();
    const refused = await create('ada', body);
    expect(refused).toMatchObject({ status: 400, json: { code: 3, details: [] } });
    expect(refused.json.message).toContain(message);
    expect(sandbox.users()).toEqual([]);
  });

  test.each([
    ['a display name of 63 characters outside the BMP', { ...ada, displayName: '🌍'.repeat(63) }],
    ['a custom role with its preset', { ...ada, role: 'custom', permissionPreset: 'billing' }],
    ['a service account with an e-mail', { ...ada, serviceAccount: true }],
  ])('accepts %s', async (_, body) => {
    const { create } = await fireworks();
    expect(await create('ada', body)).toMatchObject({ status: 200, json: body });
  });

  test('makes up an e-mail for a service account without one', async () => {
    const { create } = await fireworks();
    const { json: user } = await create('ci-bot', { role: 'user', serviceAccount: true });
    expect(user).toMatchObject({ serviceAccount: true, email: expect.stringContaining('ci-bot@') });
  });

  test.each(['Ada', '1ada', 'ada-', 'a'.repeat(64), 'a_b'])('refuses the user id %s', async (userId) => {
    const { create } = await fireworks();
    expect(await create(userId, ada)).toMatchObject({ status: 400, json: { code: 3 } });
  });

  test.each([
    ['a taken user id', 'ada', 'else@example.com'],
    ['an e-mail that another user holds in other case', 'ada-2', 'ADA@Example.com'],
  ])('refuses %s with 409 and code 6', async (_, userId, email) => {
    const { sandbox, create } = await fireworks();
    await create('ada', ada);
    expect(await create(userId, { ...ada, email })).toMatchObject({ status: 409, json: { code: 6 } });
    expect(sandbox.users()).toHaveLength(1);
  });

  test('generates the id from the e-mail where none is given', async () => {
    const { sandbox, users } = await fireworks();
    const headers = { authorization: `Bearer ${JSON.parse(sandbox.secret).apiKey}` };
    const created = await send(users, post({ ...ada, email: 'Ada.L@example.com' }, headers));
    expect(created.json.name).toBe('accounts/acme/users/ada-l');
  });

  test('answers 404 with code 5 for an unknown user and for another account', async () => {
    const { sandbox, get } = await fireworks();
    const headers = { authorization: `Bearer ${JSON.parse(sandbox.secret).apiKey}` };
    expect(await get('/nobody')).toMatchObject({ status: 404, json: { code: 5 } });
    const foreign = await send(`${sandbox.url}/v1/accounts/other/users`, { headers });
    expect(foreign).toMatchObject({ status: 404, json: { code: 5 } });
  });

  test('answers 401 with code 16 before it looks at anything else', async () => {
    const { sandbox } = await fireworks();
    const url = `${sandbox.url}/v1/accounts/other/users?userId=BAD`;
    const refused = await send(url, post({ nonsense: 1 }, { authorization: 'Bearer wrong' }));
    expect(refused).toMatchObject({ status: 401, json: { code: 16 } });
  });

  test('lists by name in pages whose tokens lead to the end', async () => {
    const { sandbox, get } = await fireworks();
    for (const userId of ['c', 'a', 'b']) sandbox.addUser({ userId, email: `${userId}@example.com` });
    const first = await get('?pageSize=2');
    expect(namesIn(first)).toEqual(['a', 'b']);
    expect(first.json.totalSize).toBe(3);
    const last = await get(`?pageSize=2&pageToken=${first.json.nextPageToken}`);
    expect(namesIn(last)).toEqual(['c']);
    expect(last.json).not.toHaveProperty('nextPageToken');
    expect((await get('?pageSize=3')).json).not.toHaveProperty('nextPageToken');
  });

  test.each([
    ['', 50],
    ['?pageSize=0', 50],
    ['?pageSize=999', 200],
  ])('gives with "%s" a page of %i', async (query, size) => {
    const { sandbox, get } = await fireworks();
    for (let n = 0; n < 201; n += 1) sandbox.addUser({ userId: `u${n}`, email: `u${n}@example.com` });
    expect(namesIn(await get(query))).toHaveLength(size);
  });

  test.each(['?pageSize=-1', '?pageSize=x', '?pageToken=x', '?filter=role%3D"user"', '?filter=email%3Dada'])(
    'refuses the list query %s with 400',
    async (query) => {
      const { get } = await fireworks();
      expect(await get(query)).toMatchObject({ status: 400, json: { code: 3 } });
    },
  );

  test.each(['ada@example.com', 'ADA@example.com', 'a\\"d\\\\a@example.com'])(
    'finds %s with a filter',
    async (email) => {
      const { sandbox, get } = await fireworks();
      sandbox.addUser({ userId: 'ada', email: 'ada@example.com' });
      sandbox.addUser({ userId: 'odd', email: 'a"d\\a@example.com' });
      const found = await get(`?filter=${encodeURIComponent(`email="${email}"`)}`);
      expect(namesIn(found)).toEqual([email.startsWith('a\\') ? 'odd' : 'ada']);
    },
  );

  test.each([
    [0, 'READY', ['READY']],
    [1, 'CREATING', ['READY', 'READY']],
    [2, 'CREATING', ['CREATING', 'READY']],
    [Number.POSITIVE_INFINITY, 'CREATING', ['CREATING', 'CREATING', 'CREATING']],
  ])('makes a new user ready after %i look-ups', async (pendingPolls, atFirst, thereafter) => {
    const { create, get } = await fireworks({ pendingPolls });
    const created = await create('ada', ada);
    expect(created.json.state).toBe(atFirst);
    for (const state of thereafter) expect((await get('/ada')).json.state).toBe(state);
  });

  test('keeps a state that somebody else brought about', async () => {
    const { sandbox, get } = await fireworks();
    sandbox.addUser({ userId: 'ada', ...ada, state: 'DELETING' });
    expect((await get('/ada')).json.state).toBe('DELETING');
    expect((await get('/ada')).json.state).toBe('DELETING');
  });
});

describe('The Vectara sandbox', () => {
  afterEach(() => void vi.useRealTimers());

  const grace = {
    email: 'grace@example.com',
    username: 'grace',
    description: 'Rear admiral',
    api_roles: ['corpus_viewer'],
    corpus_roles: [{ corpus_key: 'docs', role: 'editor' }],
    agent_roles: [{ agent_key: 'helper', role: 'agent_user' }],
  };

  test('creates a user with a one-time code that no look-up repeats', async () => {
    const { sandbox, create, get } = await vectara();
    const created = await create(grace);
    expect(created).toMatchObject({ status: 201, json: { ...grace, enabled: false } });
    const { one_time_code, one_time_code_link, ...user } = created.json;
    expect(user).toMatchObject({ id: expect.stringMatching(/^usr_./), created_at: expect.any(String) });
    expect(one_time_code_link).toContain(one_time_code);
    expect(sandbox.confidential()).toContain(one_time_code);
    expect(await get('/grace')).toMatchObject({ status: 200, json: user });
    expect(sandbox.users()).toEqual([user]);
  });

  test('takes the e-mail as username where none is given', async () => {
    const { create } = await vectara();
    expect((await create({ email: 'g@example.com' })).json.username).toBe('g@example.com');
  });

  test.each([
    ['no e-mail', { username: 'grace' }, 'email'],
    ['a malformed e-mail', { ...grace, email: 'grace' }, 'email'],
    ['an unknown field', { ...grace, nickname: 'G' }, 'nickname'],
    ['a username of 129 characters', { ...grace, username: 'g'.repeat(129) }, 'username'],
    ['a description of 256 characters', { ...grace, description: 'd'.repeat(256) }, 'description'],
    ['an unknown API role', { ...grace, api_roles: ['emperor'] }, 'api_roles.0'],
    [
      'an unknown corpus role',
      { ...grace, corpus_roles: [{ corpus_key: 'd', role: 'x' }] },
      'corpus_roles.0.role',
    ],
    [
      'an agent role without its agent',
      { ...grace, agent_roles: [{ role: 'agent_user' }] },
      'agent_roles.0.agent_key',
    ],
    ['no object', 'grace', 'body'],
  ])('refuses %s with 400 and the field', async (_, body, field) => {
    const { sandbox, create } = await vectara();
    const refused = await create(body);
    expect(refused).toMatchObject({ status: 400, json: { messages: [expect.any(String)] } });
    expect(Object.keys(Object(refused.json.field_errors))).toEqual([field]);
    expect(refused.json.request_id).toEqual(expect.any(String));
    expect(sandbox.users()).toEqual([]);
  });

  test.each([
    ['username', { ...grace, email: 'else@example.com' }],
    ['e-mail in other case', { ...grace, username: 'else', email: 'GRACE@example.com' }],
  ])('refuses a taken %s with 409', async (_, body) => {
    const { sandbox, create } = await vectara();
    await create(grace);
    expect(await create(body)).toMatchObject({
      status: 409,
      json: { messages: ['Username or email already exists'], request_id: expect.any(String) },
    });
    expect(sandbox.users()).toHaveLength(1);
  });

  test.each(['a/b@example.com', '100%', '%2F', 'ä ö', 'a+b?c#d'])(
    'shows %s under its username encoded exactly once',
    async (username) => {
      const { sandbox, get } = await vectara();
      sandbox.addUser({ username, email: 'x@example.com' });
      const once = encodeURIComponent(username);
      expect((await get(`/${once}`)).json.username).toBe(username);
      expect(await get(`/${encodeURIComponent(once)}`)).toMatchObject({ status: 404, json: { id: once } });
    },
  );

  test('refuses a path that is not percent-encoded correctly', async () => {
    const { sandbox, get } = await vectara();
    sandbox.addUser({ username: '100%', email: 'x@example.com' });
    expect((await get('/100%')).status).toBe(400);
  });

  test('lists in pages and ends with an empty key', async () => {
    const { sandbox, get } = await vectara();
    for (let n = 0; n < 11; n += 1) sandbox.addUser({ username: `u${n}`, email: `u${n}@example.com` });
    const first = await get('');
    expect(first.json.users).toHaveLength(10);
    const { page_key } = Object(first.json.metadata);
    const last = await get(`?limit=100&page_key=${page_key}`);
    expect(last.json).toMatchObject({ users: [{ username: 'u10' }], metadata: { page_key: '' } });
  });

  test.each(['?limit=0', '?limit=101', '?limit=x', '?page_key=x'])(
    'refuses the list query %s with 400',
    async (query) => {
      const { get } = await vectara();
      expect((await get(query)).status).toBe(400);
    },
  );

  test.each(['0', '-1', '1.5', 'soon', ''])('refuses a time limit of "%s" with 400', async (limit) => {
    const { get } = await vectara();
    for (const name of ['Request-Timeout', 'Request-Timeout-Millis']) {
      const refused = await get('', { [name]: limit });
      expect(refused).toMatchObject({
        status: 400,
        json: { field_errors: { [name.toLowerCase()]: expect.any(String) } },
      });
    }
    expect((await get('', { 'Request-Timeout-Millis': '1' })).status).toBe(200);
  });

  test('gives a token for client credentials, and the token opens the users until it expires', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { sandbox, users } = await vectara({ useApiKey: false });
    const issued = await requestToken(sandbox);
    expect(issued).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 1800 } });
    const headers = { authorization: `Bearer ${issued.json.access_token}` };
    expect((await send(users, { headers })).status).toBe(200);
    vi.setSystemTime(Date.now() + 1800 * 1000);
    expect((await send(users, { headers })).status).toBe(401);
    expect(sandbox.confidential()).toContain(issued.json.access_token);
  });

  test.each([
    ['a wrong client secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'wrong' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'invalid_request'],
  ])('gives no token for %s', async (_, change, status, error) => {
    const { sandbox } = await vectara({ useApiKey: false });
    expect(await requestToken(sandbox, change)).toMatchObject({ status, json: { error } });
  });

  test('gives no token for a body that is no form', async () => {
    const { sandbox } = await vectara({ useApiKey: false });
    const headers = { 'content-type': 'application/json' };
    const refused = await requestToken(sandbox, {}, headers);
    expect(refused).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
  });

  test('answers 401 to a wrong API key', async () => {
    const { get } = await vectara();
    expect(await get('', { 'x-api-key': 'wrong' })).toMatchObject({
      status: 401,
      json: { messages: [expect.any(String)] },
    });
  });

  test('voids keys, clients and tokens when the credentials are rotated', async () => {
    const { sandbox, users } = await vectara({ useApiKey: false });
    const before = sandbox.secret;
    const token = (await requestToken(sandbox)).json.access_token;
    expect(JSON.parse(sandbox.rotateCredentials())).toEqual(JSON.parse(sandbox.secret));
    const { clientId, clientSecret } = JSON.parse(before);
    const old = await requestToken(sandbox, { client_id: clientId, client_secret: clientSecret });
    expect(old.status).toBe(401);
    expect((await send(users, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
    expect((await requestToken(sandbox)).status).toBe(200);
  });
});

const STARTS: readonly (readonly [string, StartSandbox])[] = [
  ['fireworks', startFireworks],
  ['vectara', startVectara],
];

describe.each(STARTS)('A sandbox, here %s,', (name, start) => {
  const users = name === 'fireworks' ? '/v1/accounts/acme/users' : '/v2/users';
  const someone = { role: 'user', userId: 'ada', username: 'ada', email: 'ada@example.com' };

  /** Requests that work, whichever provider it is. */
  async function open(options?: SandboxOptions) {
    const sandbox = closing(await start(options));
    const headers = await authorization(sandbox);
    const create = (changes: Record<string, string> = {}, signal?: AbortSignal) => {
      const { role, userId, username, email } = { ...someone, ...changes };
      const body = name === 'fireworks' ? { email, role } : { email, username };
      const url = `${sandbox.url}${users}?userId=${userId}`;
      return send(url, { ...post(body, headers), signal: signal ?? null });
    };
    const page = async (token = '') => {
      const query = name === 'fireworks' ? `pageSize=200&pageToken=${token}` : `limit=100&page_key=${token}`;
      const { json } = await send(`${sandbox.url}${users}?${query}`, { headers });
      const next = json.nextPageToken ?? Object(json.metadata).page_key;
      return {
        shown: Array.isArray(json.users) ? json.users : [],
        next: next ? String(next) : undefined,
      };
    };
    const list = async () => (await page()).shown;
    const get = () => send(`${sandbox.url}${users}/ada`, { headers });
    return { sandbox, headers, create, get, list, page };
  }

  test('goes by the name it is listed under and leads the functions to itself', async () => {
    const { sandbox } = await open();
    expect(sandbox.name).toBe(name);
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(sandbox.environment[`${name.toUpperCase()}_BASE_URL`]).toBe(sandbox.url);
  });

  test('records the calls as they arrived', async () => {
    const { sandbox, create } = await open();
    await create();
    await send(`${sandbox.url}/nowhere/%2Fx?y=%20`, { method: 'DELETE' });
    const [creation, other] = sandbox.calls.filter(({ operation }) => operation !== 'token');
    expect(creation).toMatchObject({ operation: 'create', method: 'POST', path: `${users}?userId=ada` });
    expect(JSON.parse(String(creation?.body))).toMatchObject({ email: 'ada@example.com' });
    expect(Object.keys(Object(creation?.headers))).toContain('authorization');
    expect(other).toMatchObject({
      operation: 'other',
      method: 'DELETE',
      path: '/nowhere/%2Fx?y=%20',
      body: '',
    });
  });

  test('makes one user of ten creates at once', async () => {
    const { sandbox, create } = await open();
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => create()))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status < 300)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
    expect(sandbox.users()).toHaveLength(1);
  });

  test('refuses and hides an invisible user until it is revealed', async () => {
    const { sandbox, create, get, list } = await open();
    sandbox.addUser(someone, { visible: false });
    expect((await create()).status).toBe(409);
    expect((await get()).status).toBe(404);
    expect(await list()).toEqual([]);
    expect(sandbox.users()).toHaveLength(1);
    sandbox.reveal();
    expect((await get()).json).toMatchObject({ email: 'ada@example.com' });
    expect(await list()).toHaveLength(1);
  });

  test('shows a new user when its lag is over, and refuses a second one at once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { sandbox, create, get, list } = await open({ lagMs: () => 1_000 });
    const created = await create();
    expect(created.json).toMatchObject({ email: 'ada@example.com' });
    expect((await create()).status).toBe(409);
    vi.setSystemTime(Date.now() + 999);
    expect((await get()).status).toBe(404);
    expect(await list()).toEqual([]);
    vi.setSystemTime(Date.now() + 1);
    expect((await get()).status).toBe(200);
    expect(await list()).toHaveLength(1);
    expect(sandbox.users()).toHaveLength(1);
  });

  test('shows a new user whose lag does not end when it is revealed', async () => {
    const { sandbox, create, get } = await open({ lagMs: () => Number.POSITIVE_INFINITY });
    await create();
    expect((await get()).status).toBe(404);
    sandbox.reveal();
    expect((await get()).status).toBe(200);
  });

  test('keeps the domain of a new user in ASCII, and knows the e-mail in all its spellings', async () => {
    const { sandbox, create, get } = await open();
    expect((await create({ email: 'ada@bücher.example' })).status).toBeLessThan(300);
    expect((await get()).json.email).toBe('ada@xn--bcher-kva.example');
    for (const email of ['ADA@xn--bcher-kva.example', 'ada@BÜCHER.example', 'ada@bu\u0308cher.example']) {
      expect((await create({ email, userId: 'countess', username: 'countess' })).status).toBe(409);
    }
    expect(sandbox.users()).toHaveLength(1);
  });

  test('lists each of 5,000 users once', async () => {
    const { sandbox, page } = await open();
    for (let n = 0; n < 5_000; n += 1)
      sandbox.addUser({ ...someone, userId: `u${n}`, username: `u${n}`, email: `u${n}@example.com` });
    const emails = new Set<unknown>();
    let token: string | undefined = '';
    let pages = 0;
    for (; token !== undefined; pages += 1) {
      const { shown, next } = await page(token);
      for (const { email } of shown) emails.add(email);
      token = next;
    }
    expect({ pages, emails: emails.size }).toEqual({ pages: name === 'fireworks' ? 25 : 50, emails: 5_000 });
  });

  test.each(['gzip', 'deflate', 'br'] as const)('answers any call in %s', async (coding) => {
    const { sandbox, create, get } = await open();
    const reply = (answer: Answer) => zipped(answer, coding);
    for (const operation of ['create', 'get'] as const) sandbox.inject(operation, { applied: true, reply });
    for (const { headers, json } of [await create(), await get()]) {
      expect(headers.get('content-encoding')).toBe(coding);
      expect(json).toMatchObject({ email: 'ada@example.com' });
    }
  });

  test('answers any call with a byte order mark, zipped or not', async () => {
    const { sandbox, headers } = await open();
    sandbox.inject('list', { applied: true, reply: withBom });
    sandbox.inject('list', { applied: true, reply: (answer) => zipped(withBom(answer), 'gzip') });
    for (let calls = 0; calls < 2; calls += 1) {
      const response = await fetch(`${sandbox.url}${users}`, { headers });
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.subarray(0, 4).toString('latin1')).toBe('\xEF\xBB\xBF{');
    }
  });

  test.each([
    ['a router without a route', routerNotFound, 404, '404 page not found\n'],
    ['a firewall', firewallRefusal, 403, expect.stringContaining('<h1>403 Forbidden</h1>')],
  ])('lets %s answer', async (_, reply, status, text) => {
    const { sandbox, headers } = await open();
    sandbox.inject('get', { applied: false, reply });
    const response = await fetch(`${sandbox.url}${users}/ada`, { headers });
    expect({ status: response.status, text: await response.text() }).toEqual({ status, text });
    expect(response.headers.get('content-type')).toMatch(/^text\//);
  });

  test('adds whatever user somebody else made, with its own fields', async () => {
    const { sandbox, get } = await open();
    const added = sandbox.addUser({ ...someone, flavour: 'salty' });
    expect(added).toMatchObject({ email: 'ada@example.com', flavour: 'salty' });
    expect((await get()).json).toEqual(added);
  });

  test('accepts only the newest credentials after a rotation', async () => {
    const { sandbox, get } = await open();
    const before = sandbox.confidential();
    sandbox.rotateCredentials();
    expect((await get()).status).toBe(401);
    const headers = await authorization(sandbox);
    expect((await send(`${sandbox.url}${users}`, { headers })).status).toBe(200);
    expect(sandbox.confidential()).toEqual(expect.arrayContaining([...before]));
    expect(sandbox.confidential().length).toBeGreaterThan(before.length);
  });

  test.each([true, false])('answers 500 whether it created (%s) or not', async (applied) => {
    const { sandbox, create } = await open();
    sandbox.inject('create', { applied, reply: json(500, { message: 'oops' }) });
    expect(await create()).toMatchObject({ status: 500, json: { message: 'oops' } });
    expect(sandbox.users()).toHaveLength(applied ? 1 : 0);
    expect((await create()).status).toBe(applied ? 409 : name === 'fireworks' ? 200 : 201);
  });

  test.each<[string, Fault, string]>([
    ['cut before the answer', { applied: true, reply: 'reset' }, 'ECONNRESET'],
    ['cut in the middle of the body', { applied: true, reply: 'truncate' }, 'UND_ERR_SOCKET'],
  ])('creates behind a connection %s', async (_, fault, code) => {
    const { sandbox, create } = await open();
    sandbox.inject('create', fault);
    await expect(create()).rejects.toMatchObject({ cause: { code } });
    expect(sandbox.users()).toHaveLength(1);
    expect((await create()).status).toBe(409);
  });

  test.each([
    ['hang', true],
    ['drip', false],
  ] as const)('lets the caller of a create wait for ever (%s)', async (reply, applied) => {
    const { sandbox, create } = await open();
    sandbox.inject('create', { applied, reply });
    const caller = new AbortController();
    const answered = expect(create({}, caller.signal)).rejects.toThrow('aborted');
    await vi.waitUntil(() => sandbox.calls.some(({ operation }) => operation === 'create'));
    caller.abort();
    await answered;
    expect(sandbox.users()).toHaveLength(applied ? 1 : 0);
  });

  test('drips bytes without an end', async () => {
    const { sandbox } = await open();
    sandbox.inject('other', { applied: false, reply: 'drip' });
    const response = await fetch(`${sandbox.url}/nowhere`);
    const reader = response.body?.getReader();
    for (let reads = 0; reads < 3; reads += 1) expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
  });

  test('knows how many calls were open at once, and ends them when it is closed', async () => {
    const { sandbox, create } = await open();
    expect(sandbox.mostInFlight()).toBeLessThan(2);
    sandbox.inject('create', { applied: false, reply: 'hang' }, 3);
    const calls = [create(), create(), create()].map((call) => expect(call).rejects.toThrow('fetch failed'));
    await vi.waitUntil(() => sandbox.mostInFlight() === 3);
    await sandbox.close();
    await Promise.all(calls);
  });

  test('does and answers nothing before its latency is over', async () => {
    const sandbox = closing(await start({ latencyMs: 3_600_000 }));
    const answered = expect(send(`${sandbox.url}${users}`, { method: 'POST' })).rejects.toThrow(
      'fetch failed',
    );
    await vi.waitUntil(() => sandbox.calls.length === 1);
    await sandbox.close();
    await answered;
  });

  test('lets a fault rewrite the true answer', async () => {
    const { sandbox, create } = await open();
    const emptied = ({ body }: Answer) => json(201, { ...JSON.parse(String(body)), email: '' });
    sandbox.inject('create', { applied: true, reply: emptied });
    expect(await create()).toMatchObject({ status: 201, json: { email: '' } });
    expect(sandbox.users()).toMatchObject([{ email: 'ada@example.com' }]);
  });

  test('answers with the status, headers and body of a fault, a redirect for example', async () => {
    const { sandbox } = await open();
    const headers = { location: 'http://elsewhere.example/', 'content-type': 'text/html' };
    sandbox.inject('get', { applied: false, reply: { status: 307, headers, body: '<p>moved' } });
    const response = await fetch(`${sandbox.url}${users}/ada`, { redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
    expect(await response.text()).toBe('<p>moved');
  });

  test('makes faults in the order of injection, so many times, and only where their condition holds', async () => {
    const { sandbox, get } = await open();
    const fail = (status: number) => ({ applied: false, reply: json(status, {}) }) as const;
    sandbox.inject('get', { ...fail(501), when: ({ path }) => path.endsWith('/somebody-else') });
    sandbox.inject('get', fail(502), 2);
    sandbox.inject('list', fail(503));
    sandbox.inject('get', fail(504));
    const statuses = [];
    for (let calls = 0; calls < 4; calls += 1) statuses.push((await get()).status);
    expect(statuses).toEqual([502, 502, 504, 404]);
  });

  test('asks for a fault at each call that no injected one meets', async () => {
    const seen: string[] = [];
    const onCall = ({ operation, path }: Call) => {
      seen.push(operation);
      return path.endsWith('/ada') ? ({ applied: false, reply: json(503, {}) } as const) : undefined;
    };
    const { sandbox, get, create } = await open({ onCall });
    sandbox.inject('get', { applied: false, reply: json(502, {}) });
    expect([await get(), await get(), await create()]).toMatchObject([
      { status: 502 },
      { status: 503 },
      { status: expect.toBeOneOf([200, 201]) },
    ]);
    expect(seen.slice(-2)).toEqual(['get', 'create']);
  });

  test('is refused for a while, cuts what is open, and is there again on the same port', async () => {
    const { sandbox, get } = await open();
    sandbox.inject('get', { applied: false, reply: 'hang' });
    const cut = expect(get()).rejects.toThrow('fetch failed');
    await vi.waitUntil(() => sandbox.mostInFlight() > 0 && sandbox.calls.at(-1)?.operation === 'get');
    const back = sandbox.refuse(1_000);
    await cut;
    await expect(get()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await back;
    expect(await get()).toMatchObject({ status: 404 });
  });

  test('stays closed where it is closed while it is refused', async () => {
    const { sandbox, get } = await open();
    const back = sandbox.refuse(50);
    await sandbox.close();
    await back;
    await expect(get()).rejects.toThrow('fetch failed');
  });
});

function namesIn(reply: Reply): string[] {
  const { users } = reply.json;
  if (!Array.isArray(users)) throw new Error('no list of users');
  return users.map(({ name }) => String(name).replace('accounts/acme/users/', ''));
}

async function authorization(sandbox: Sandbox): Promise<Record<string, string>> {
  const { apiKey } = JSON.parse(sandbox.secret);
  const token = apiKey ?? (await requestToken(sandbox)).json.access_token;
  return { authorization: `Bearer ${token}` };
}

function requestToken(
  sandbox: Sandbox,
  change: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  const { clientId, clientSecret } = JSON.parse(sandbox.secret);
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...change,
  };
  const url = String(sandbox.environment.VECTARA_TOKEN_URL);
  return send(url, { method: 'POST', body: new URLSearchParams(form), headers });
}
