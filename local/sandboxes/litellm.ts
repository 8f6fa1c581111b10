import * as z from 'zod';
import { type Answer, json } from './calls.ts';
import { emailAddress, parseJson } from './requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';
import type { Route, RoutedCall } from './server.ts';
import { createUsers, type StoredUser, sameEmail, type User, type Users } from './users.ts';

const ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;
const MOST_ON_A_PAGE = 100;

const createBody = z.strictObject({
  user_id: z.string(),
  user_email: emailAddress,
  user_alias: z.string().optional(),
  user_role: z.enum(ROLES).default('internal_user'),
  models: z.array(z.string()).default([]),
  max_budget: z.number().optional(),
  budget_duration: z.string().optional(),
  tpm_limit: z.int().optional(),
  rpm_limit: z.int().optional(),
  auto_create_key: z.boolean().default(true),
});

export interface LitellmOptions extends SandboxOptions {
  /** As before December 2025: a taken id is answered like a new one, and a taken e-mail by 400. */
  isOld?: boolean;
}

/** The users of one LiteLLM proxy, in `user_id` of an added user its key. */
export function startLitellm(options: LitellmOptions = {}): Promise<Sandbox> {
  return openSandbox('litellm', options, (vault, origin) => {
    const users = createUsers(describe, options);
    let apiKey = vault.issue('sk-');
    const newKey = () => vault.issue('sk-');
    const guarded = (answer: Route['answer']) => (call: RoutedCall) =>
      call.headers.authorization === `Bearer ${apiKey}` ? answer(call) : failure(401, 'Authentication Error');
    const create = guarded((call) => createUser(users, call, newKey, options.isOld ?? false));
    const list = guarded((call) => listUsers(users, call));
    return {
      users,
      credentials: {
        secret: () => JSON.stringify({ baseUrl: origin(), apiKey }),
        rotate: () => {
          apiKey = vault.issue('sk-');
        },
      },
      routes: [
        { operation: 'create', method: 'POST', path: /^\/user\/new$/, answer: create },
        { operation: 'get', method: 'GET', path: /^\/user\/list$/, query: /(^|&)user_ids=/, answer: list },
        { operation: 'list', method: 'GET', path: /^\/user\/list$/, answer: list },
      ],
      environment: () => ({}),
    };
  });
}

function createUser(users: Users, { body }: RoutedCall, newKey: () => string, isOld: boolean): Answer {
  const { data, error } = createBody.safeParse(parseJson(body));
  if (error) return json(422, { detail: error.issues.map(({ path, message: msg }) => ({ loc: path, msg })) });
  const { auto_create_key, ...user } = data;
  const taken = users.taken(user.user_id, user.user_email);
  const key = auto_create_key ? newKey() : '';
  if (taken === 'key' && isOld) return json(200, { ...users.find(user.user_id)?.fields, key });
  if (taken === 'key') return failure(409, `{'error': 'User with id ${user.user_id} already exists'}`);
  if (taken)
    return failure(isOld ? 400 : 409, `{'error': 'User with email ${user.user_email} already exists'}`);
  return json(200, { ...users.add(user), key });
}

function listUsers(users: Users, { query }: RoutedCall): Answer {
  const ids = (query.get('user_ids') ?? '').split(',').filter((id) => id !== '');
  const email = query.get('user_email');
  const [only = ''] = ids;
  const found = users.listed().filter(({ key, fields }) => {
    // One id is looked for as a part of ids, several as they are; an e-mail as a part too.
    const isNamed = ids.length === 1 ? key.includes(only) : ids.length === 0 || ids.includes(key);
    const address = String(fields.user_email);
    return isNamed && (email === null || address.includes(email) || sameEmail(address, email));
  });
  const size = Math.min(Number(query.get('page_size') ?? 25), MOST_ON_A_PAGE);
  const page = Number(query.get('page') ?? 1);
  const shown = found.slice((page - 1) * size, page * size).map(({ fields }) => fields);
  const total_pages = Math.ceil(found.length / size);
  return json(200, { users: shown, total: found.length, page, page_size: size, total_pages });
}

const newUser = z.looseObject({ user_id: z.string(), user_email: z.string() });

function describe(user: User): StoredUser {
  const { user_id, user_email, ...fields } = newUser.parse(user);
  const now = new Date().toISOString();
  const made = { user_id, user_email, user_alias: null, user_role: 'internal_user', models: [] };
  const limits = { max_budget: null, budget_duration: null, tpm_limit: null, rpm_limit: null };
  return { key: user_id, email: user_email, fields: { ...made, ...limits, created_at: now, ...fields } };
}

function failure(status: number, message: string): Answer {
  return json(status, {
    error: { message, type: 'internal_server_error', param: 'None', code: String(status) },
  });
}
