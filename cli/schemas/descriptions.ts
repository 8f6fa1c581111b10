import type { Schema } from './json-schema.ts';

/** What each field of `data.user` is, in a sentence. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fireworks: {
    email: 'Required unless serviceAccount is true.',
    role: 'Within the allow-list FIREWORKS_ALLOWED_ROLES; user where it is left out.',
    displayName: 'Fewer than 64 characters.',
    serviceAccount: 'A user for a program; it needs a userId.',
    userId: 'What the user is created under; derived from the e-mail where it is left out.',
    permissionPreset: 'Required with role custom, and possible with no other.',
  },
  vectara: {
    email: 'Required.',
    username: 'What the user is created under; the e-mail where it is left out.',
    description: 'At most 255 characters.',
    api_roles: 'Account-wide roles, within the allow-list VECTARA_ALLOWED_API_ROLES.',
    corpus_roles: 'Roles of single corpora, which Vectara judges.',
    agent_roles: 'Roles of single agents, which Vectara judges.',
  },
};

export const describe = {
  /** The schema of a provider's `data.user`, with a sentence for each field. */
  user(provider: string, schema: Schema): Schema {
    const told = FIELDS[provider] ?? {};
    const properties = Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [
        name,
        typeof field === 'object' && told[name] ? { description: told[name], ...field } : field,
      ]),
    );
    return { ...schema, properties };
  },

  /** A request that a provider would get as it stands. */
  request: (provider: string) => ({
    specversion: '1.0',
    id: 'signup-4711',
    source: 'https://signup.example.com',
    type: 'user.requested.v1',
    subject: 'customer-815',
    data: { provider, user: { email: 'ada@example.com' } },
  }),
};
