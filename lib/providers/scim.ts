import * as z from 'zod/mini';
import {
  type Authentication,
  between,
  byHeader,
  type CredentialsOf,
  emailSchema,
  type Fields,
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
  userIssue,
  withDefault,
  withoutCase,
} from './provider.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const EVERYBODY = '?count=100';
const FULL_PAGE = 100;
const DUPLICATE = /\[duplicate\]|duplicated? value|(must be|is not) unique|uniqueness/i;
const LIMIT = /\b(limit|quota|maximum|seats?|licen[cs]es?)\b/i;

const WAYS = [['token'], ['username', 'password'], ['clientId', 'clientSecret', 'tokenUrl']] as const;
const isExtension = (name: string) => name.startsWith('urn:');
const isForeign = (name: string) => !Object.hasOwn(schemas().known, name);

/** Beside what is known, whole extensions by their URN; which ones, the secret says. */
function checkForeign({ value, issues }: z.core.ParsePayload<Fields>): void {
  const keys = Object.keys(value).filter((name) => isForeign(name) && !isExtension(name));
  if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, input: value });
}

const schemas = lazily(() => {
  const words = optional(text(0, 255));
  const value = text(1, 255);
  const printableOnly = z.regex(/^\P{Cc}*$/u, { error: 'must be without control characters' });
  const printable = z.string().check(z.minLength(1, { error: 'must not be empty' }), printableOnly);
  const texts = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, words]));
  const whether = optional(z.boolean());
  const several = (value: z.ZodMiniString) =>
    optional(list(z.strictObject({ value, type: words, display: words, primary: whether }), FULL_PAGE));
  const manager = optional(z.strictObject({ value, displayName: words }));
  const employee = { ...texts('employeeNumber costCenter organization division department'), manager };
  const naming = texts('formatted familyName givenName middleName honorificPrefix honorificSuffix');
  const known = {
    userName: value.check(printableOnly),
    ...texts('displayName externalId title userType preferredLanguage locale timezone'),
    name: optional(z.strictObject(naming)),
    emails: several(emailSchema),
    phoneNumbers: several(value),
    active: withDefault(z.boolean(), true),
    roles: several(value),
    entitlements: several(value),
    [ENTERPRISE]: optional(z.strictObject(employee)),
  };
  const foreignRule = {
    when: ({ value }: z.core.ParsePayload) => isObject(value),
    params: {
      propertyNames: { pattern: `^(?:${Object.keys(known).join('|')}|urn:.*)$` },
      patternProperties: { '^urn:': {} },
    },
  };
  const user = z.looseObject(known).check(z.check(checkForeign, foreignRule));
  const names = withDefault(z.array(z.string()), []);
  const credentials = z
    .object({
      baseUrl: secureUrlSchema,
      token: optional(keySchema),
      username: optional(keySchema.check(z.regex(/^[^:]*$/, { error: 'must be without a colon' }))),
      password: optional(printable),
      ...{ clientId: optional(keySchema), clientSecret: optional(keySchema) },
      ...{ tokenUrl: optional(secureUrlSchema), scope: optional(printable) },
      mediaType: withDefault(z.enum(['application/scim+json', 'application/json']), 'application/scim+json'),
      /** `none`: the server ignores filters, or finds nobody by them. */
      filter: withDefault(z.enum(['eq', 'none']), 'eq'),
      /** Attributes that the server wants of each user, as `name.givenName`. */
      required: names,
      /** The URNs of extensions that requests may have. */
      extensions: names,
    })
    .check(
      z.refine((it) => WAYS.some((way) => way.every((name) => it[name] !== undefined)), {
        ...between('token', 'is required, or username and password, or clientId, clientSecret and tokenUrl'),
        params: { anyOf: WAYS.map((required) => ({ required: [...required] })) },
      }),
    );
  return { known, user, credentials };
});
/** Any server of SCIM 2.0: https://www.rfc-editor.org/rfc/rfc7643 and https://www.rfc-editor.org/rfc/rfc7644 */
export const scim: ProviderOf<typeof schemas> = {
  name: 'scim',
  settings: { allowedRoles: { variable: 'SCIM_ALLOWED_ROLES', fallback: '' } },
  schemas,
  keyField: 'userName',
  roleFields: ['roles', 'entitlements'],
  // Many a server changes a user who is there by a POST.
  looksFirst: true,
  compared(wanted) {
    const { userName, email, active, roles, entitlements, ...descriptive } = compactOf(wanted);
    return { identity: { userName, email }, privilege: { active, roles, entitlements }, descriptive };
  },
  account(secret) {
    const { baseUrl, mediaType } = secret;
    return { usersUrl: `${baseUrl}/Users`, mediaType, authentication: authenticationBy(secret) };
  },
  refuses(wanted, { required, extensions }) {
    const stated: Fields = { ...wanted, ...compactOf(wanted) };
    const missing = required.filter((path) => [stated[path] ?? ''].flat().join('') === '');
    const foreign = Object.keys(wanted).filter((name) => isForeign(name) && !extensions.includes(name));
    return [
      ...missing.map((path) => userIssue(path, 'is required by the server of this connection')),
      ...foreign.map((name) => userIssue(name, "is not among the extensions in this connection's secret")),
    ];
  },
  create(wanted) {
    const extensions = Object.keys(wanted).filter((name) => isExtension(name) && wanted[name]);
    return { path: '', body: { schemas: [CORE, ...extensions], ...wanted } };
  },
  findByKey({ userName }, { filter }) {
    const named = `?filter=${encodeURIComponent(`userName eq ${JSON.stringify(userName)}`)}`;
    return { lists: filter === 'none' ? [EVERYBODY] : [named, EVERYBODY] };
  },
  listByEmail: () => [EVERYBODY],
  // Any other success may be an invitation, or a user who was there already and has been changed.
  readUser: ({ method, status, body }) => (method === 'GET' || status === 201 ? readUser(body) : undefined),
  readPage({ body }) {
    if (!isObject(body)) return undefined;
    const total = Number(body.totalResults);
    const { data: users } = listedUsers.safeParse(body.Resources ?? (total === 0 ? [] : undefined));
    if (users === undefined) return undefined;
    const cursor = lenient.text.parse(body.nextCursor);
    // A total may be wrong: a full page is followed all the same.
    const isLast = (seen: number) => users.length === 0 || (users.length < FULL_PAGE && !(total > seen));
    const next = (seen: number) => (isLast(seen) ? undefined : { startIndex: String(seen + 1) });
    return { users: users.map(readUser), next: cursor === undefined ? next : () => ({ cursor }) };
  },
  readError({ status, body }) {
    if (!isObject(body)) return {};
    const message = lenient.text.parse(body.detail) ?? lenient.text.parse(body.message);
    const code = lenient.token.parse(body.scimType);
    const tells = (pattern: RegExp) => pattern.test(message ?? '');
    const duplicate = code === 'uniqueness' || tellsDuplicate([message]) || tells(DUPLICATE);
    const quota = status === 403 && tells(LIMIT);
    return { message, code, duplicate, quota, ownRefusal: code !== undefined };
  },
  summary: (_, { id, createdAt }) => ({ id, createdAt }),
};

function authenticationBy(secret: CredentialsOf<typeof schemas>): Authentication {
  const { token, username, password, clientId = '', clientSecret = '', tokenUrl = '', scope } = secret;
  if (token !== undefined) return byHeader('authorization', token, `Bearer ${token}`);
  if (password === undefined) return { clientId, clientSecret, tokenUrl, scope };
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return { headers: { authorization: `Basic ${basic}` }, secrets: [password, basic] };
}

/** A user, as asked for or as shown, with one value, or a list of them, to a name: what is compared. */
function compactOf({ userName, emails, active, name, ...others }: Fields) {
  const addresses = Array.isArray(emails) ? emails.filter(isObject) : [];
  const fields: [string, unknown][] = [...Object.entries(others), ...membersOf('name.', name)];
  return Object.fromEntries([
    ...fields.flatMap(([field, value]) =>
      isExtension(field)
        ? membersOf(`${field}:`, value)
        : [[field, Array.isArray(value) ? value.map(valueIn) : value]],
    ),
    ['userName', withoutCase(lenient.text.parse(userName) ?? '') || undefined],
    ['email', lenient.text.parse((addresses.find(({ primary }) => primary === true) ?? addresses[0])?.value)],
    // Who is not said to be inactive is active; some servers say so in text.
    ['active', withoutCase(String(active)) !== 'false'],
  ]);
}

function valueIn(member: unknown): unknown {
  return isObject(member) && 'value' in member ? member.value : member;
}

function membersOf(prefix: string, members: unknown): [string, unknown][] {
  const entries = isObject(members) ? Object.entries(members) : [];
  return entries.map(([name, member]) => [prefix + name, valueIn(member)]);
}

function readUser(body: unknown): FoundUser | undefined {
  if (!isObject(body)) return undefined;
  const id = typeof body.id === 'number' ? String(body.id) : lenient.text.parse(body.id);
  if (id === undefined || !/^[^\s\p{Cc}]{1,255}$/u.test(id)) return undefined;
  const createdAt = isObject(body.meta) ? lenient.time.parse(body.meta.created) : undefined;
  return { id, fields: compactOf(body), pending: false, createdAt };
}
