import * as z from 'zod';
import { type Answer, json } from './calls.ts';
import { characters, emailAddress, fieldErrors, pageOf, parseJson } from './requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions, type Vault } from './sandbox.ts';
import type { Route, RoutedCall } from './server.ts';
import { byKey, createUsers, type StoredUser, type User, type Users } from './users.ts';

const ACCOUNT_ID = 'acme';
const USERS_PATH = /^\/v1\/accounts\/([^/]+)\/users$/;
const USER_PATH = /^\/v1\/accounts\/([^/]+)\/users\/([^/]+)$/;
const USER_ID = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Codes of google.rpc and their HTTP statuses. */
const ERRORS = {
  INVALID_ARGUMENT: { code: 3, status: 400 },
  NOT_FOUND: { code: 5, status: 404 },
  ALREADY_EXISTS: { code: 6, status: 409 },
  UNAUTHENTICATED: { code: 16, status: 401 },
};

const createBody = z
  .strictObject({
    role: z.enum(['admin', 'user', 'contributor', 'inference-user', 'custom']),
    email: emailAddress.optional(),
    displayName: characters(63).optional(),
    serviceAccount: z.boolean().optional(),
    permissionPreset: z.string().optional(),
  })
  .refine(({ email, serviceAccount }) => email !== undefined || serviceAccount === true, {
    path: ['email'],
    error: 'is required',
  })
  .refine(({ permissionPreset, role }) => permissionPreset === undefined || role === 'custom', {
    path: ['permissionPreset'],
    error: 'is only valid when role is "custom"',
  });

export interface FireworksOptions extends SandboxOptions {
  /** Several users may have one e-mail, which the documentation leaves open. */
  sharedEmails?: boolean;
}

/** Fireworks AI's users of one account, in `userId` of an added user its key. */
export function startFireworks(options: FireworksOptions = {}): Promise<Sandbox> {
  return openSandbox('fireworks', options, (vault) => {
    const users = createUsers(describe, options);
    const credentials = createCredentials(vault);
    return {
      users,
      credentials,
      routes: routesTo(users, options).map((route) => ({
        ...route,
        answer: (call) => refusal(call, credentials.apiKey()) ?? route.answer(call),
      })),
      environment: (url) => ({ FIREWORKS_BASE_URL: url }),
    };
  });
}

function routesTo(users: Users, { pendingPolls = 0, sharedEmails = false }: FireworksOptions): Route[] {
  const get = createGet(users, pendingPolls);
  const state = pendingPolls > 0 ? 'CREATING' : 'READY';
  const create = (call: RoutedCall) => createUser(users, call, { state, sharedEmails });
  const list = (call: RoutedCall) => listUsers(users, call);
  return [
    { operation: 'create', method: 'POST', path: USERS_PATH, answer: create },
    { operation: 'list', method: 'GET', path: USERS_PATH, answer: list },
    { operation: 'get', method: 'GET', path: USER_PATH, answer: get },
  ];
}

function createCredentials(vault: Vault) {
  let apiKey = vault.issue('fw_');
  return {
    apiKey: () => apiKey,
    secret: () => JSON.stringify({ apiKey, accountId: ACCOUNT_ID }),
    rotate: () => {
      apiKey = vault.issue('fw_');
    },
  };
}

function refusal({ headers, params: [accountId] }: RoutedCall, apiKey: string): Answer | undefined {
  if (headers.authorization !== `Bearer ${apiKey}`) return failure('UNAUTHENTICATED', 'invalid API key');
  return accountId === ACCOUNT_ID ? undefined : failure('NOT_FOUND', `account "${accountId}" not found`);
}

function createUser(
  users: Users,
  { body, query }: RoutedCall,
  { state, sharedEmails }: { state: string; sharedEmails: boolean },
): Answer {
  const { data, error } = createBody.safeParse(parseJson(body));
  if (error) return failure('INVALID_ARGUMENT', summary(fieldErrors(error)));
  const userId = query.get('userId') ?? generatedUserId(data.email);
  if (!USER_ID.test(userId)) return failure('INVALID_ARGUMENT', `user id "${userId}" is invalid`);
  const email = data.email ?? `${userId}@${ACCOUNT_ID}.service-account.example`;
  const taken = users.taken(userId, email);
  if (taken === 'key') return failure('ALREADY_EXISTS', `user "${userId}" already exists`);
  if (taken === 'email' && !sharedEmails)
    return failure('ALREADY_EXISTS', `a user with email "${email}" already exists`);
  return json(200, users.add({ ...data, userId, email, state }));
}

function createGet(users: Users, pendingPolls: number) {
  const polls = new Map<StoredUser, number>();
  return ({ params: [, userId = ''] }: RoutedCall): Answer => {
    const user = users.find(userId);
    if (user === undefined) return failure('NOT_FOUND', `user "${userId}" not found`);
    const count = (polls.get(user) ?? 0) + 1;
    polls.set(user, count);
    if (user.fields.state === 'CREATING' && count >= pendingPolls)
      user.fields = { ...user.fields, state: 'READY' };
    return json(200, user.fields);
  };
}

function listUsers(users: Users, { query }: RoutedCall): Answer {
  const found = filtered(users, query.get('filter'));
  const pageSize = Number(query.get('pageSize') ?? 0);
  if (!found) return failure('INVALID_ARGUMENT', 'invalid filter');
  if (!Number.isInteger(pageSize) || pageSize < 0) return failure('INVALID_ARGUMENT', 'invalid pageSize');
  const page = pageOf(found, Math.min(pageSize || 50, 200), query.get('pageToken'));
  if (!page) return failure('INVALID_ARGUMENT', 'invalid pageToken');
  const shown = page.items.map((user) => user.fields);
  return json(200, { users: shown, nextPageToken: page.next, totalSize: found.length });
}

/** Knows `email="…"` of the filter grammar (https://google.aip.dev/160) and nothing else. */
function filtered(users: Users, filter: string | null): readonly StoredUser[] | undefined {
  if (filter === null || filter === '') return users.listedByKey();
  const quoted = /^email ?= ?"((?:[^"\\]|\\.)*)"$/.exec(filter)?.[1];
  const email = quoted?.replaceAll(/\\(.)/g, '$1');
  return email === undefined ? undefined : users.withEmail(email).toSorted(byKey);
}

const newUser = z.looseObject({ userId: z.string(), email: z.string() });

function describe(user: User): StoredUser {
  const { userId, email, ...fields } = newUser.parse(user);
  const now = new Date().toISOString();
  const unstated = {
    role: 'user',
    displayName: '',
    serviceAccount: false,
    permissionPreset: '',
    state: 'READY',
  };
  const made = { createTime: now, updateTime: now, status: { code: 'OK', message: '' } };
  const name = `accounts/${ACCOUNT_ID}/users/${userId}`;
  return { key: userId, email, fields: { name, email, ...unstated, ...made, ...fields } };
}

function generatedUserId(email = ''): string {
  const [localPart = ''] = email.toLowerCase().split('@');
  return localPart.replaceAll(/[^a-z0-9]+/g, '-');
}

function summary(errors: Record<string, string>): string {
  return Object.entries(errors)
    .map(([path, message]) => `${path}: ${message}`)
    .join('; ');
}

function failure(error: keyof typeof ERRORS, message: string): Answer {
  const { code, status } = ERRORS[error];
  return json(status, { code, message, details: [] });
}
