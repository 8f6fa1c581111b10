import * as z from 'zod/mini';
import {
  canonicalEmail,
  emailSchema,
  type FoundUser,
  isObject,
  keySchema,
  lazily,
  lenient,
  optional,
  type ProviderOf,
  tellsDuplicate,
  text,
  withDefault,
} from '../lib/providers/provider.ts';

const schemas = lazily(() => {
  const stated = z.strictObject({
    email: emailSchema,
    login: optional(text(1, 40)),
    title: optional(text(0, 80)),
    access: withDefault(z.string(), 'reader'),
  });
  const user = z.pipe(
    stated,
    z.transform((fields) => ({ ...fields, login: fields.login ?? canonicalEmail(fields.email) })),
  );

  const credentials = z.object({ token: keySchema });

  const answeredMember = z.object({
    id: z.int(),
    login: lenient.text,
    email: lenient.text,
    title: lenient.text,
    access: lenient.text,
  });

  const answeredPage = z.object({ members: z.array(z.unknown()) });
  return { user, credentials, answeredMember, answeredPage };
});
/** A made-up provider, the running example of docs/adding-a-provider.md. */
export const papyrus: ProviderOf<typeof schemas> = {
  name: 'papyrus',
  settings: {
    baseUrl: { variable: 'PAPYRUS_BASE_URL', fallback: 'https://papyrus.example/api' },
    allowedRoles: { variable: 'PAPYRUS_ALLOWED_ACCESS', fallback: 'reader,writer' },
  },
  schemas,
  keyField: 'login',
  roleFields: ['access'],
  compared: ({ login, email, access, title }) => ({
    ...{ identity: { login, email }, privilege: { access }, descriptive: { title } },
  }),
  account: ({ token }, { baseUrl }) => ({
    usersUrl: `${baseUrl}/members`,
    authentication: { headers: { 'papyrus-token': token }, secrets: [token] },
  }),
  create: (body) => ({ path: '', body }),
  findByKey: ({ login }) => ({ path: `/${encodeURIComponent(login)}` }),
  listByEmail: ({ email }) => [`?email=${encodeURIComponent(email)}`],
  readUser: ({ body }) => (isObject(body) ? readMember(body.member) : undefined),
  readPage: ({ headers, body }) => {
    const { data } = schemas().answeredPage.safeParse(body);
    return data && { users: data.members.map(readMember), next: () => nextIn(headers.link) };
  },
  readError: ({ body }) => {
    if (!isObject(body)) return {};
    const message = lenient.text.parse(body.words);
    return { message, code: lenient.token.parse(body.reason), duplicate: tellsDuplicate([message]) };
  },
  summary: (_, { id }) => ({ id }),
};

function readMember(body: unknown): FoundUser | undefined {
  const { data } = schemas().answeredMember.safeParse(body);
  if (data === undefined) return undefined;
  const { id, ...fields } = data;
  return { id: String(id), fields, pending: false };
}

/** Of the link to the next page (https://www.rfc-editor.org/rfc/rfc8288) its query alone: no answer chooses an address. */
function nextIn(link: unknown): Readonly<Record<string, string>> | undefined {
  const [, query] = /<[^>?]*\?([^>]*)>;\s*rel="next"/.exec(String(link)) ?? [];
  return query === undefined ? undefined : Object.fromEntries(new URLSearchParams(query));
}
