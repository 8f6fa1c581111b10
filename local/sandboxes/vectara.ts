import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { type Answer, json } from './calls.ts';
import { characters, emailAddress, fieldErrors, pageOf, parseJson } from './requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions, type Vault } from './sandbox.ts';
import type { Route, RoutedCall } from './server.ts';
import { createUsers, type StoredUser, type User, type Users } from './users.ts';

const USERS_PATH = /^\/v2\/users$/;
const USER_PATH = /^\/v2\/users\/([^/]+)$/;
const TOKEN_PATH = /^\/oauth2\/token$/;
const TOKEN_LIFETIME_S = 1800;

const API_ROLES = [
  ...['owner', 'administrator', 'billing_administrator', 'viewer'],
  ...['corpus_administrator', 'corpus_developer', 'corpus_viewer'],
  ...['agent_administrator', 'agent_developer', 'agent_viewer', 'agent_user'],
  ...['pipeline_administrator', 'pipeline_viewer'],
];
const CORPUS_ROLES = ['owner', 'administrator', 'viewer', 'editor'];
const AGENT_ROLES = ['agent_administrator', 'agent_viewer', 'agent_developer', 'agent_user'];

const createBody = z.strictObject({
  email: emailAddress,
  username: characters(128).min(1).optional(),
  description: characters(255).optional(),
  api_roles: z.array(z.enum(API_ROLES)).optional(),
  corpus_roles: z.array(z.strictObject({ corpus_key: z.string(), role: z.enum(CORPUS_ROLES) })).optional(),
  agent_roles: z.array(z.strictObject({ agent_key: z.string(), role: z.enum(AGENT_ROLES) })).optional(),
});

export interface VectaraOptions extends SandboxOptions {
  /** The secret holds a personal API key, not OAuth client credentials; calls may use either. */
  useApiKey?: boolean;
}

/** Vectara's users of one account, in `username` of an added user its key; the token endpoint is at the same origin. */
export function startVectara(options: VectaraOptions = {}): Promise<Sandbox> {
  return openSandbox('vectara', options, (vault) => {
    const users = createUsers(describe, options);
    const credentials = createCredentials(vault, options.useApiKey ?? false);
    const { issueToken, accept } = credentials;
    const guarded = routesTo(users, vault).map((route) => ({
      ...route,
      answer: (call: RoutedCall) => refusal(call.headers, accept) ?? route.answer(call),
    }));
    return {
      users,
      credentials,
      routes: [...guarded, { operation: 'token', method: 'POST', path: TOKEN_PATH, answer: issueToken }],
      environment: (url) => ({ VECTARA_BASE_URL: url, VECTARA_TOKEN_URL: `${url}/oauth2/token` }),
    };
  });
}

function routesTo(users: Users, vault: Vault): Route[] {
  return [
    {
      operation: 'create',
      method: 'POST',
      path: USERS_PATH,
      answer: (call) => createUser(users, call, vault),
    },
    { operation: 'list', method: 'GET', path: USERS_PATH, answer: (call) => listUsers(users, call) },
    { operation: 'get', method: 'GET', path: USER_PATH, answer: (call) => getUser(users, call) },
  ];
}

function createCredentials(vault: Vault, useApiKey: boolean) {
  const fresh = () => ({
    client: { clientId: `app_${randomUUID()}`, clientSecret: vault.issue('vcs_') },
    apiKey: vault.issue('zut_'),
    tokenExpiries: new Map<string, number>(),
  });
  let current = fresh();
  return {
    secret: () => JSON.stringify(useApiKey ? { apiKey: current.apiKey } : current.client),
    rotate: () => {
      current = fresh();
    },
    accept: (headers: IncomingHttpHeaders): boolean => {
      if (headers['x-api-key'] !== undefined) return headers['x-api-key'] === current.apiKey;
      const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
      return (current.tokenExpiries.get(token) ?? 0) > Date.now();
    },
    issueToken: (call: RoutedCall): Answer => {
      const form = formOf(call);
      if (form?.get('grant_type') !== 'client_credentials') return json(400, { error: 'invalid_request' });
      const { clientId, clientSecret } = current.client;
      if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
        return json(401, { error: 'invalid_client' });
      }
      const token = vault.issue('vat_');
      current.tokenExpiries.set(token, Date.now() + TOKEN_LIFETIME_S * 1000);
      return json(200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME_S });
    },
  };
}

function formOf({ headers, body }: RoutedCall): URLSearchParams | undefined {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return isForm ? new URLSearchParams(body) : undefined;
}

function refusal(headers: IncomingHttpHeaders, accept: (headers: IncomingHttpHeaders) => boolean) {
  if (!accept(headers)) return failure(401, 'The credentials are invalid.');
  const isWrong = (name: string) => !/^[1-9]\d*$/.test(String(headers[name] ?? '1'));
  const wrong = ['request-timeout', 'request-timeout-millis'].find(isWrong);
  return wrong === undefined ? undefined : malformed({ [wrong]: 'must be an integer of at least 1' });
}

function createUser(users: Users, { body }: RoutedCall, vault: Vault): Answer {
  const { data, error } = createBody.safeParse(parseJson(body));
  if (error) return malformed(fieldErrors(error));
  const { email, username = email } = data;
  if (users.taken(username, email)) return failure(409, 'Username or email already exists');
  const user = users.add({ ...data, username });
  const code = vault.issue('otc_');
  const link = `https://console.vectara.example/one-time-code?code=${code}`;
  return json(201, { ...user, one_time_code: code, one_time_code_link: link });
}

function getUser(users: Users, { params: [username = ''] }: RoutedCall): Answer {
  const user = users.find(username);
  return user ? json(200, user.fields) : failure(404, `User ${username} not found.`, { id: username });
}

function listUsers(users: Users, { query }: RoutedCall): Answer {
  const limit = Number(query.get('limit') ?? 10);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    return malformed({ limit: 'must be from 1 to 100' });
  const page = pageOf(users.listed(), limit, query.get('page_key'));
  if (!page) return malformed({ page_key: 'is not one of ours' });
  const shown = page.items.map((user) => user.fields);
  return json(200, { users: shown, metadata: { page_key: page.next ?? '' } });
}

const newUser = z.looseObject({ username: z.string(), email: z.string() });

function describe(user: User): StoredUser {
  const { username, email, ...fields } = newUser.parse(user);
  const now = new Date().toISOString();
  const made = { id: `usr_${randomUUID()}`, enabled: false, created_at: now, updated_at: now };
  const unstated = { description: '', api_roles: [], corpus_roles: [], agent_roles: [] };
  return { key: username, email, fields: { ...made, username, email, ...unstated, ...fields } };
}

function malformed(errors: Record<string, string>): Answer {
  return failure(400, 'The request was malformed.', { field_errors: errors });
}

function failure(status: number, message: string, more: Record<string, unknown> = {}): Answer {
  return json(status, { ...more, messages: [message], request_id: randomUUID() });
}
