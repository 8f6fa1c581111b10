import * as z from 'zod/mini';
import {
  between,
  byHeader,
  derivedUserId,
  emailSchema,
  type FoundUser,
  isObject,
  keySchema,
  lazily,
  lenient,
  listedUsers,
  nextByToken,
  optional,
  type ProviderError,
  type ProviderOf,
  tellsDuplicate,
  text,
  withDefault,
} from './provider.ts';

/** Names of google.rpc codes by number: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const rpcCodes = (
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED ' +
  'RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS ' +
  'UNAUTHENTICATED'
).split(' ');

const schemas = lazily(() => {
  const userId = z.string().check(
    z.regex(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: 'must be 1 to 63 of a-z, 0-9 and hyphen, beginning with a letter, not ending in a hyphen',
    }),
  );

  const stated = z
    .strictObject({
      email: optional(emailSchema),
      role: withDefault(z.string(), 'user'),
      displayName: optional(text(0, 63)),
      serviceAccount: optional(z.boolean()),
      userId: optional(userId),
      permissionPreset: optional(z.string()),
    })
    .check(
      z.refine(
        (user) => user.email !== undefined || user.serviceAccount === true,
        between('email', 'is required unless serviceAccount is true'),
      ),
      z.refine(
        (user) => user.userId !== undefined || user.serviceAccount !== true,
        between('userId', 'is required with serviceAccount'),
      ),
      z.refine(
        (user) => (user.permissionPreset !== undefined) === (user.role === 'custom'),
        between('permissionPreset', 'is required with role "custom", and possible with no other'),
      ),
    );

  const user = z.pipe(
    stated,
    z.transform((fields) => ({ ...fields, userId: fields.userId ?? derivedUserId(fields.email ?? '') })),
  );

  const accountId = z.string().check(
    z.regex(/^(?!\.{1,2}$)[^\s\p{C}/\\?#%]+$/u, {
      error:
        'must be one segment of a path: neither empty nor . or .., without / \\ ? # %, white space and control characters',
    }),
  );
  const credentials = z.object({ apiKey: keySchema, accountId });

  const answeredUser = z.object({
    // An error or an operation has a name too.
    name: z.string().check(z.regex(/^accounts\/[^/\s\p{Cc}]{1,128}\/users\/[^/\s\p{Cc}]{1,63}$/u)),
    email: lenient.text,
    role: lenient.text,
    displayName: lenient.text,
    serviceAccount: lenient.flag,
    permissionPreset: lenient.text,
    state: lenient.word,
    createTime: lenient.time,
  });

  const answeredPage = z.object({
    users: z._default(listedUsers, []),
    nextPageToken: lenient.text,
  });
  return { user, credentials, answeredUser, answeredPage };
});
/** https://docs.fireworks.ai/api-reference/create-user */
export const fireworks: ProviderOf<typeof schemas> = {
  name: 'fireworks',
  settings: {
    baseUrl: { variable: 'FIREWORKS_BASE_URL', fallback: 'https://api.fireworks.ai' },
    allowedRoles: { variable: 'FIREWORKS_ALLOWED_ROLES', fallback: 'user,contributor,inference-user,custom' },
  },
  schemas,
  keyField: 'userId',
  roleFields: ['role'],
  compared({ userId, email, serviceAccount, displayName, ...privilege }) {
    // A service account's e-mail is made up by the provider.
    const identity = serviceAccount ? { userId, serviceAccount } : { userId, email, serviceAccount };
    return { identity, privilege, descriptive: { displayName } };
  },
  account: ({ apiKey, accountId }, { baseUrl }) => ({
    usersUrl: `${baseUrl}/v1/accounts/${encodeURIComponent(accountId)}/users`,
    authentication: byHeader('authorization', apiKey, `Bearer ${apiKey}`),
  }),
  create: ({ userId, ...body }) => ({ path: `?userId=${userId}`, body }),
  findByKey: ({ userId }) => ({ path: `/${userId}` }),
  // That users can be filtered by e-mail is not documented: the whole list is the second way.
  listByEmail: ({ email = '' }) =>
    email === ''
      ? []
      : [`?pageSize=200&filter=${encodeURIComponent(`email=${JSON.stringify(email)}`)}`, '?pageSize=200'],
  readUser: ({ body }) => readUser(body),
  readPage: ({ body }) => {
    const { data } = schemas().answeredPage.safeParse(body);
    return data && { users: data.users.map(readUser), next: nextByToken('pageToken', data.nextPageToken) };
  },
  readError: ({ body }) => readError(body),
  summary: (_, { id, state, createdAt }) => ({ id, state, createdAt }),
};

function readUser(body: unknown): FoundUser | undefined {
  const { data } = schemas().answeredUser.safeParse(body);
  if (data === undefined) return undefined;
  const { name, state, createTime, ...fields } = data;
  return {
    id: name,
    fields: { ...fields, userId: name.split('/').at(-1) },
    pending: state === 'CREATING' || state === 'DELETING',
    state,
    createdAt: createTime,
  };
}

function readError(body: unknown): ProviderError {
  if (!isObject(body)) return {};
  const error = isObject(body.error) ? body.error : body;
  const message = error.message ?? body.error;
  // In Google's form `status` names the code, and `code` is the HTTP status.
  const named = typeof error.code === 'number' ? rpcCodes[error.code] : error.code;
  const code = rpcCodes.includes(String(error.status)) ? error.status : named;
  return {
    message: lenient.text.parse(message),
    code: lenient.token.parse(code),
    duplicate: tellsDuplicate([lenient.text.parse(message)]),
    aborted: code === 'ABORTED',
    quota: Array.isArray(error.details) && error.details.some(isQuotaFailure),
  };
}

function isQuotaFailure(detail: unknown): boolean {
  return isObject(detail) && detail['@type'] === 'type.googleapis.com/google.rpc.QuotaFailure';
}
