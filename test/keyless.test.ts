import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import {
  byHeader,
  emailSchema,
  type FoundUser,
  isObject,
  keySchema,
  lenient,
  type Page,
  type Provider,
  type ProviderAnswer,
  withDefault,
} from '../lib/providers/provider.ts';
import { json } from '../local/sandboxes/calls.ts';
import { parseJson } from '../local/sandboxes/requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '../local/sandboxes/sandbox.ts';
import { createUsers, type User } from '../local/sandboxes/users.ts';
import { requestOf } from './deliveries.ts';
import { openWorld, type World } from './world.ts';

const user = z.strictObject({ email: emailSchema, role: withDefault(z.string(), 'reader') });

/**
 * Invitations to an organisation as OpenAI documents them: whoever is invited has an id of the provider's choosing,
 * nothing is said of a second invitation to one e-mail, and the members stand in a list of their own.
 * https://platform.openai.com/docs/api-reference/invite
 */
const invites: Provider<z.output<typeof user>, { adminKey: string }> = {
  name: 'invites',
  settings: {
    baseUrl: { variable: 'INVITES_BASE_URL', fallback: 'https://invites.example/v1' },
    allowedRoles: { variable: 'INVITES_ALLOWED_ROLES', fallback: 'reader' },
  },
  schemas: () => ({ user, credentials: z.object({ adminKey: keySchema }) }),
  keyField: 'email',
  roleFields: ['role'],
  looksFirst: true,
  compared: ({ email, role }) => ({ identity: { email }, privilege: { role }, descriptive: {} }),
  account: ({ adminKey }, { baseUrl }) => ({
    usersUrl: `${baseUrl}/organization`,
    authentication: byHeader('authorization', adminKey, `Bearer ${adminKey}`),
  }),
  create: (body) => ({ path: '/invites', body }),
  // Whoever has accepted an invitation stands among the users.
  findByKey: () => ({ lists: ['/invites?limit=100', '/users?limit=100'] }),
  listByEmail: () => ['/invites?limit=100', '/users?limit=100'],
  readUser: ({ body }) => readInvite(body),
  readPage,
  readError: ({ body }) => ({ message: isObject(body) ? lenient.text.parse(body.error) : undefined }),
  summary: (_, { id }) => ({ id }),
};

function readInvite(body: unknown): FoundUser | undefined {
  if (!isObject(body) || typeof body.id !== 'string') return undefined;
  return { id: body.id, fields: { email: body.email, role: body.role }, pending: false };
}

function readPage({ body }: ProviderAnswer): Page | undefined {
  if (!isObject(body) || !Array.isArray(body.data)) return undefined;
  const after = lenient.text.parse(body.last_id);
  const next = body.has_more === true && after !== undefined ? { after } : undefined;
  return { users: body.data.map(readInvite), next: () => next };
}

function startInvites(options: SandboxOptions = {}): Promise<Sandbox> {
  return openSandbox('invites', options, (vault) => {
    const adminKey = vault.issue('sk-admin-');
    let count = 0;
    const users = createUsers((fields: User) => {
      count += 1;
      const id = `invite-${count}`;
      return { key: id, email: id, fields: { ...fields, id, status: 'pending' } };
    }, options);
    const page = () => json(200, { data: users.listed().map(({ fields }) => fields), has_more: false });
    return {
      users,
      credentials: { secret: () => JSON.stringify({ adminKey }), rotate: () => {} },
      routes: [
        {
          operation: 'create',
          method: 'POST',
          path: /invites$/,
          answer: ({ body }) => json(200, users.add(Object(parseJson(body)))),
        },
        { operation: 'list', method: 'GET', path: /invites$/, answer: page },
        { operation: 'list', method: 'GET', path: /users$/, answer: () => json(200, { data: [] }) },
      ],
      environment: (url) => ({ INVITES_BASE_URL: url }),
    };
  });
}

async function invitationsAfter(happens: (world: World) => Promise<unknown>, options?: SandboxOptions) {
  await using world = openWorld(invites, await startInvites(options));
  await happens(world);
  return world.sandbox.users().length;
}

const request = requestOf({ provider: 'invites', user: { email: 'ada@example.com' } });

describe('A provider that takes no key of the caller, and does not say that it refuses a second user', () => {
  test('gets one user from deliveries that follow each other, as each looks first', async () => {
    const invitations = await invitationsAfter(async ({ startContainer }) => {
      await startContainer().deliver(request);
      await startContainer().deliver(request, { receives: 2 });
    });
    expect(invitations).toBe(1);
  });

  test('gets several from deliveries that overlap: nothing but the key could refuse the second create', async () => {
    const invitations = await invitationsAfter(({ startContainer }) =>
      Promise.all([startContainer(), startContainer()].map((container) => container.deliverBatch([request]))),
    );
    expect(invitations).toBe(2);
  });

  test('gets several where its reads lag behind its writes and an answer is lost', async () => {
    const invitations = await invitationsAfter(
      async ({ startContainer, sandbox }) => {
        sandbox.inject('create', { applied: true, reply: 'reset' });
        await startContainer().deliver(request);
        await startContainer().deliver(request, { receives: 2 });
      },
      { lagMs: () => Number.POSITIVE_INFINITY },
    );
    expect(invitations).toBe(2);
  });
});
