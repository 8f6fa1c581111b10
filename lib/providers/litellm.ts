import * as z from 'zod/mini';
import {
  byHeader,
  derivedUserId,
  emailSchema,
  type FoundUser,
  isObject,
  keySchema,
  lazily,
  lenient,
  list,
  listedUsers,
  optional,
  type ProviderOf,
  secureUrlSchema,
  tellsDuplicate,
  text,
  withDefault,
} from './provider.ts';

const schemas = lazily(() => {
  const userId = z
    .string()
    .check(
      z.regex(/^[\w.:+-]{1,128}$/, { error: 'must be 1 to 128 of A-Z, a-z, 0-9, _, ., :, + and hyphen' }),
    );
  const amount = optional(z.number().check(z.nonnegative()));
  const limit = optional(z.int().check(z.nonnegative()));

  const stated = z.strictObject({
    user_email: emailSchema,
    user_id: optional(userId),
    user_alias: optional(text(0, 255)),
    user_role: withDefault(z.string(), 'internal_user'),
    models: optional(list(z.string(), 1000)),
    max_budget: amount,
    budget_duration: optional(text(1, 32)),
    tpm_limit: limit,
    rpm_limit: limit,
  });
  const user = z.pipe(
    stated,
    z.transform((fields) => ({ ...fields, user_id: fields.user_id ?? derivedUserId(fields.user_email) })),
  );

  const answeredUser = z.object({
    user_id: userId,
    user_email: lenient.text,
    user_alias: lenient.text,
    user_role: lenient.text,
    // What cannot be understood stays as it is, and equals no list.
    models: z.optional(z.unknown()),
    max_budget: lenient.number,
    budget_duration: lenient.text,
    tpm_limit: lenient.number,
    rpm_limit: lenient.number,
    created_at: lenient.time,
  });

  const credentials = z.object({ baseUrl: secureUrlSchema, apiKey: keySchema });

  const answeredPage = z.object({ users: listedUsers, page: z.int(), total_pages: z.int() });
  return { user, credentials, answeredUser, answeredPage };
});
/** A LiteLLM proxy: https://docs.litellm.ai/docs/proxy/users */
export const litellm: ProviderOf<typeof schemas> = {
  name: 'litellm',
  settings: {
    allowedRoles: { variable: 'LITELLM_ALLOWED_ROLES', fallback: 'internal_user,internal_user_viewer' },
  },
  schemas,
  keyField: 'user_id',
  roleFields: ['user_role'],
  // Before December 2025 a create under a taken id was answered like any other.
  looksFirst: true,
  compared({ user_id, user_email: email, user_alias, ...privilege }) {
    return { identity: { user_id, email }, privilege, descriptive: { user_alias } };
  },
  account: ({ baseUrl, apiKey }) => ({
    usersUrl: `${baseUrl}/user`,
    authentication: byHeader('authorization', apiKey, `Bearer ${apiKey}`),
  }),
  // Without auto_create_key the answer would hold a key for the user.
  create: (body) => ({ path: '/new', body: { ...body, auto_create_key: false } }),
  // /user/info answers 200 for nobody before 1.83, and shows the user's keys. One id alone is looked for as a part of ids.
  findByKey: ({ user_id }) => ({ lists: [listOf('user_ids', `${user_id},${user_id}`)] }),
  listByEmail: ({ user_email }) => [listOf('user_email', user_email)],
  readUser: ({ body }) => readUser(body),
  readPage({ body }) {
    const { data } = schemas().answeredPage.safeParse(body);
    if (data === undefined) return undefined;
    const { users, page, total_pages } = data;
    const next = page < total_pages ? { page: String(page + 1) } : undefined;
    return { users: users.map(readUser), next: () => next };
  },
  readError({ body }) {
    const error = isObject(body) ? (body.error ?? body.detail) : undefined;
    const told = isObject(error) ? (error.message ?? error.error) : error;
    const message = lenient.text.parse(told);
    return {
      message,
      duplicate: tellsDuplicate([message]),
      quota: message?.includes('License is over limit'),
      // Only an administrator's key may create administrators.
      ownRefusal: message?.includes('can create administrative users'),
    };
  },
  summary: (_, { id, createdAt }) => ({ id, createdAt }),
};

function listOf(parameter: string, value: string): string {
  return `/list?page_size=100&${parameter}=${encodeURIComponent(value)}`;
}

function readUser(body: unknown): FoundUser | undefined {
  const { data } = schemas().answeredUser.safeParse(body);
  if (data === undefined) return undefined;
  const { user_email: email, created_at: createdAt, ...fields } = data;
  return { id: data.user_id, fields: { ...fields, email }, pending: false, createdAt };
}
