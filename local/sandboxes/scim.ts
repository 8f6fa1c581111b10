import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Answer, json } from './calls.ts';
import { emailAddress, parseJson } from './requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions, type Vault } from './sandbox.ts';
import type { Route, RoutedCall } from './server.ts';
import { createUsers, type StoredUser, type User, type Users } from './users.ts';

const USERS_PATH = /^\/scim\/v2\/Users$/;
const TOKEN_PATH = /^\/oauth\/token$/;
const TOKEN_LIFETIME_S = 3600;
const SCIM_TYPE = 'application/scim+json';
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';
const MOST_ON_A_PAGE = 100;

/** What real servers do that RFC 7644 does not say, or forbids. */
export interface ScimQuirks {
  /** A POST changes a user who is there. */
  upsert?: boolean;
  /** The status of a create that succeeds; 202: the user is made later, by `reveal`, and nothing is said of it. */
  createdStatus?: 200 | 201 | 202;
  /** A 201 without a body. */
  silent?: boolean;
  /** How a taken `userName` is refused; 409 with `scimType` by default. */
  duplicate?: { status: number; body: unknown };
  /** Filters are ignored and everybody is listed; find nobody; are refused; or compare with regard to case. */
  filter?: 'ignored' | 'finds nobody' | 'refused' | 'with case';
  /** Pages by `cursor`, by overlapping pages with a wrong total, or no pages at all. */
  paging?: 'cursor' | 'overlapping' | 'none';
  /** A user whom the unfiltered list shows and who does not exist. */
  synthetic?: boolean;
  /** Attributes that the answers leave out, though they were taken. */
  hidden?: readonly string[];
  /** Nothing but `application/scim+json` is taken. */
  strictType?: boolean;
  /** No more users than that, beyond which a create is refused by 403. */
  most?: number;
}

export interface ScimOptions extends SandboxOptions, ScimQuirks {
  /** What the secret holds besides the address: a bearer token by default. */
  authenticates?: 'token' | 'basic' | 'client';
  /** Options that the secret names for the connection. */
  secretOptions?: Readonly<Record<string, unknown>>;
}

/** The users of one SCIM server, in `userName` of an added user its key; a token endpoint is at the same origin. */
export function startScim(options: ScimOptions = {}): Promise<Sandbox> {
  return openSandbox('scim', options, (vault, origin) => {
    const users = createUsers(describe, options);
    const credentials = createCredentials(vault, origin, options);
    const guarded = routesTo(users, options).map((route) => ({
      ...route,
      answer: (call: RoutedCall) => refusal(call, credentials.accepts, options) ?? route.answer(call),
    }));
    return {
      users,
      credentials,
      routes: [
        ...guarded,
        { operation: 'token', method: 'POST', path: TOKEN_PATH, answer: credentials.issueToken },
      ],
      environment: () => ({ SCIM_ALLOWED_ROLES: 'member,editor' }),
    };
  });
}

function routesTo(users: Users, quirks: ScimQuirks): Route[] {
  const list = (call: RoutedCall) => listUsers(users, call, quirks);
  return [
    {
      operation: 'create',
      method: 'POST',
      path: USERS_PATH,
      answer: (call) => createUser(users, call, quirks),
    },
    { operation: 'get', method: 'GET', path: USERS_PATH, query: /(^|&)filter=/, answer: list },
    { operation: 'list', method: 'GET', path: USERS_PATH, answer: list },
  ];
}

function createCredentials(vault: Vault, origin: () => string, options: ScimOptions) {
  const { authenticates = 'token', secretOptions = {} } = options;
  const fresh = () => ({
    token: vault.issue('scim_'),
    basic: freshBasic(vault),
    client: { clientId: 'usher', clientSecret: vault.issue('client_') },
    issued: new Set<string>(),
  });
  let current = fresh();
  const secretBy = {
    token: () => ({ token: current.token }),
    basic: () => current.basic.secret,
    client: () => ({ ...current.client, tokenUrl: `${origin()}/oauth/token`, scope: 'scim' }),
  };
  return {
    secret: () =>
      JSON.stringify({ baseUrl: `${origin()}/scim/v2`, ...secretBy[authenticates](), ...secretOptions }),
    rotate: () => {
      current = fresh();
    },
    accepts: (authorization = ''): boolean => {
      const [scheme, value = ''] = authorization.split(' ', 2);
      if (scheme === 'Basic') return value === current.basic.sent;
      return scheme === 'Bearer' && (value === current.token || current.issued.has(value));
    },
    issueToken: ({ body }: RoutedCall): Answer => {
      const form = new URLSearchParams(body);
      const { clientId, clientSecret } = current.client;
      if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
        return json(401, { error: 'invalid_client' });
      const token = vault.issue('scimt_');
      current.issued.add(token);
      return json(200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME_S });
    },
  };
}

function freshBasic(vault: Vault) {
  const secret = { username: 'usher', password: vault.issue('pass_') };
  const sent = vault.hold(Buffer.from(`${secret.username}:${secret.password}`).toString('base64'));
  return { secret, sent };
}

function refusal(
  { method, headers }: RoutedCall,
  accepts: (authorization?: string) => boolean,
  { strictType }: ScimQuirks,
): Answer | undefined {
  if (!accepts(headers.authorization)) return failure(401, 'Who are you?');
  const type = method === 'POST' ? headers['content-type'] : headers.accept;
  return strictType && !type?.includes(SCIM_TYPE) ? failure(415, `Only ${SCIM_TYPE} is spoken.`) : undefined;
}

const value = z.looseObject({ value: z.string() });
const createBody = z.looseObject({
  schemas: z.array(z.string()).refine((schemas) => schemas.includes(CORE)),
  userName: z.string().min(1),
  emails: z.array(z.looseObject({ value: emailAddress })).optional(),
  active: z.boolean().optional(),
  roles: z.array(value).optional(),
  entitlements: z.array(value).optional(),
});

function createUser(users: Users, { body }: RoutedCall, quirks: ScimQuirks): Answer {
  const { data, error } = createBody.safeParse(parseJson(body));
  if (error) return failure(400, error.issues.map(({ message }) => message).join(' '), 'invalidValue');
  const { createdStatus = 201, duplicate, most = Number.POSITIVE_INFINITY } = quirks;
  const { schemas: _, ...user } = data;
  const key = user.userName.toLowerCase();
  if (users.taken(key, '')) return quirks.upsert ? changed(users, key, user, quirks) : taken(duplicate);
  if (users.all().length >= most) return failure(403, 'The maximum number of users is reached.');
  const made = users.add(user, createdStatus === 202 ? Number.POSITIVE_INFINITY : undefined);
  if (createdStatus === 202 || quirks.silent) return { status: createdStatus, body: '', headers: TYPE };
  return json(createdStatus, shown(made, quirks), { ...TYPE, location: `/scim/v2/Users/${made.id}` });
}

function changed(users: Users, key: string, user: User, quirks: ScimQuirks): Answer {
  const there = users.find(key);
  if (there) there.fields = { ...there.fields, ...user };
  return json(quirks.createdStatus ?? 200, there ? shown(there.fields, quirks) : {}, TYPE);
}

function taken(duplicate: ScimQuirks['duplicate']): Answer {
  if (duplicate) return json(duplicate.status, duplicate.body, TYPE);
  return failure(409, 'The userName belongs to another user.', 'uniqueness');
}

function listUsers(users: Users, { query }: RoutedCall, quirks: ScimQuirks): Answer {
  const filter = query.get('filter');
  if (filter !== null && quirks.filter === 'refused')
    return failure(400, 'Filters are not known here.', 'invalidFilter');
  const found = filtered(users, quirks.filter === 'ignored' ? null : filter, quirks);
  if (found === undefined) return failure(400, 'The filter is not understood.', 'invalidFilter');
  return json(200, pageOf(found, query, quirks), TYPE);
}

function filtered(users: Users, filter: string | null, { filter: quirk, synthetic }: ScimQuirks) {
  if (filter === null) {
    const everybody = users.listedByKey().map(({ fields }) => fields);
    return synthetic ? [{ id: 'provisioner', userName: 'scim-provisioner' }] : everybody;
  }
  const quoted = /^userName eq ("(?:[^"\\]|\\.)*")$/.exec(filter)?.[1];
  if (quoted === undefined) return undefined;
  const userName: string = JSON.parse(quoted);
  const there = users.find(userName.toLowerCase())?.fields;
  const isFound = quirk !== 'finds nobody' && (quirk !== 'with case' || there?.userName === userName);
  return there && isFound ? [there] : [];
}

function pageOf(users: readonly User[], query: URLSearchParams, quirks: ScimQuirks) {
  const count = Math.min(Number(query.get('count') ?? MOST_ON_A_PAGE), MOST_ON_A_PAGE);
  const asked = Number(query.get(quirks.paging === 'cursor' ? 'cursor' : 'startIndex') ?? 1);
  const startIndex = quirks.paging === 'none' ? 1 : asked;
  // Each page begins with what the one before has ended with.
  const from = quirks.paging === 'overlapping' && startIndex > 1 ? startIndex - 2 : startIndex - 1;
  const page = users.slice(from, from + count);
  const next = from + count;
  return {
    schemas: [`${MESSAGES}:ListResponse`],
    totalResults: quirks.paging === 'overlapping' ? page.length : users.length,
    itemsPerPage: page.length,
    ...(quirks.paging === 'cursor'
      ? next < users.length && { nextCursor: String(next + 1) }
      : { startIndex }),
    Resources: page.map((user) => shown(user, quirks)),
  };
}

function shown(user: User, { hidden = [] }: ScimQuirks): User {
  return Object.fromEntries(Object.entries(user).filter(([name]) => !hidden.includes(name)));
}

const newUser = z.looseObject({ userName: z.string() });

function describe(user: User): StoredUser {
  const { userName, ...fields } = newUser.parse(user);
  const now = new Date().toISOString();
  const id = randomUUID();
  const made = {
    schemas: [CORE],
    id,
    roles: [],
    entitlements: [],
    meta: { resourceType: 'User', created: now, lastModified: now },
  };
  // One e-mail may belong to several users.
  return { key: userName.toLowerCase(), email: id, fields: { ...made, userName, active: true, ...fields } };
}

const TYPE = { 'content-type': SCIM_TYPE };

function failure(status: number, detail: string, scimType?: string): Answer {
  const schemas = [`${MESSAGES}:Error`];
  return json(status, { schemas, status: String(status), detail, ...(scimType && { scimType }) }, TYPE);
}
