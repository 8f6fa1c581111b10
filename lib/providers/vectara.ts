import * as z from 'zod/mini';
import {
  byHeader,
  emailSchema,
  type FoundUser,
  isObject,
  keySchema,
  lazily,
  lenient,
  list,
  listedUsers,
  nextByToken,
  optional,
  orNothing,
  type ProviderOf,
  tellsDuplicate,
  text,
  userIssue,
} from './provider.ts';

const schemas = lazily(() => {
  const corpusRole = { corpus_key: z.string(), role: z.string() };
  const agentRole = { agent_key: z.string(), role: z.string() };
  const MOST_ROLES = 1000;

  const username = text(1, 128).check(
    z.regex(/^(?!\.{1,2}$)/, { error: 'must not be . or .. (it is part of a path)' }),
  );
  const stated = z.strictObject({
    email: emailSchema,
    username: optional(username),
    description: optional(text(0, 255)),
    api_roles: optional(list(z.string(), MOST_ROLES)),
    corpus_roles: optional(list(z.strictObject(corpusRole), MOST_ROLES)),
    agent_roles: optional(list(z.strictObject(agentRole), MOST_ROLES)),
  });
  const user = z.pipe(
    stated,
    z.transform((fields) => ({ ...fields, username: fields.username ?? fields.email })),
  );

  const credentials = z.union(
    [z.object({ clientId: keySchema, clientSecret: keySchema }), z.object({ apiKey: keySchema })],
    { error: 'must have the texts clientId and clientSecret, or apiKey' },
  );

  const answeredUser = z.object({
    id: z.string().check(z.regex(/^usr_[\w.=+-]{1,128}$/)),
    email: lenient.text,
    username: lenient.text,
    description: lenient.text,
    // Roles that cannot be understood stay as they are: they equal none, and no allow-list has them.
    api_roles: z.optional(z.unknown()),
    corpus_roles: z.optional(z.union([list(z.object(corpusRole), MOST_ROLES), z.unknown()])),
    agent_roles: z.optional(z.union([list(z.object(agentRole), MOST_ROLES), z.unknown()])),
    created_at: lenient.time,
  });

  const answeredPage = z.object({
    users: listedUsers,
    metadata: orNothing(z.object({ page_key: lenient.text })),
  });
  return { user, credentials, answeredUser, answeredPage };
});
/** https://docs.vectara.com/docs/rest-api/create-user */
export const vectara: ProviderOf<typeof schemas> = {
  name: 'vectara',
  settings: {
    baseUrl: { variable: 'VECTARA_BASE_URL', fallback: 'https://api.vectara.io' },
    tokenUrl: { variable: 'VECTARA_TOKEN_URL', fallback: 'https://auth.vectara.io/oauth2/token' },
    allowedRoles: {
      variable: 'VECTARA_ALLOWED_API_ROLES',
      fallback:
        'corpus_administrator,corpus_developer,corpus_viewer,agent_administrator,agent_developer,agent_viewer,' +
        'agent_user,pipeline_administrator,pipeline_viewer,viewer',
    },
  },
  schemas,
  keyField: 'username',
  roleFields: ['api_roles'],
  timeoutHeader: 'request-timeout-millis',
  compared({ username, email, description, ...privilege }) {
    return { identity: { username, email }, privilege, descriptive: { description } };
  },
  account: (secret, { baseUrl, tokenUrl }) => ({
    usersUrl: `${baseUrl}/v2/users`,
    authentication: 'apiKey' in secret ? byHeader('x-api-key', secret.apiKey) : { ...secret, tokenUrl },
  }),
  create: (body) => ({ path: '', body }),
  findByKey: ({ username }) => ({ path: `/${encodeURIComponent(username)}` }),
  listByEmail: () => ['?limit=100'],
  readUser: ({ body }) => readUser(body),
  readPage: ({ body }) => {
    const { data } = schemas().answeredPage.safeParse(body);
    const next = nextByToken('page_key', data?.metadata?.page_key);
    return data && { users: data.users.map(readUser), next };
  },
  readError({ body }) {
    if (!isObject(body)) return {};
    const fieldErrors = isObject(body.field_errors) ? Object.entries(body.field_errors) : [];
    const messages = lenient.texts.parse(body.messages) ?? [];
    const issues = fieldErrors.map(([field, error]) =>
      userIssue(field, typeof error === 'string' && error !== '' ? error : 'was refused'),
    );
    return {
      message: messages.join(' ') || undefined,
      requestId: lenient.token.parse(body.request_id),
      // No 409 is documented for users: a duplicate may come as a plain 400.
      duplicate: tellsDuplicate(messages) || tellsDuplicate(issues.map(({ message }) => message)),
      issues,
    };
  },
  // A 201 may come with an empty username: the one that was created under is told.
  summary: ({ username }, { id, createdAt, fields }) => ({
    id,
    username: lenient.text.parse(fields.username) ?? username,
    createdAt,
  }),
};

function readUser(body: unknown): FoundUser | undefined {
  const { data } = schemas().answeredUser.safeParse(body);
  if (data === undefined) return undefined;
  const { id, created_at, ...fields } = data;
  return { id, fields, pending: false, createdAt: created_at };
}
