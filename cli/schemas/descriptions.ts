import type { JsonObject } from '../../lib/json.ts';
import { exampleRequest } from '../start/example-requests.ts';
import type { Schema } from './json-schema.ts';

/** What each field of `data.user` is, in a sentence. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fireworks: {
    email: 'Required unless serviceAccount is true.',
    role: 'Within the allow-list FIREWORKS_ALLOWED_ROLES.',
    displayName: 'What the user is shown as.',
    serviceAccount: 'A user for a program; it needs a userId.',
    userId: 'What the user is created under; derived from the e-mail where it is left out.',
    permissionPreset: 'Required with role custom, and possible with no other.',
  },
  litellm: {
    user_email: 'Required.',
    user_id: 'What the user is created under; derived from the e-mail where it is left out.',
    user_alias: 'What the user is shown as.',
    user_role: 'Within the allow-list LITELLM_ALLOWED_ROLES.',
    models: 'Models that the user may call; none stated: all.',
    max_budget: 'Dollars that the user may spend.',
    budget_duration: 'When the budget begins anew, 30d for example.',
    tpm_limit: 'Tokens a minute.',
    rpm_limit: 'Requests a minute.',
  },
  scim: {
    userName: 'What the user is created under, compared without regard to the case of A to Z.',
    externalId: 'Your own id of the user.',
    active: 'Whether the user may sign in.',
    roles: 'Within the allow-list SCIM_ALLOWED_ROLES, by their value.',
    entitlements: 'Within the allow-list SCIM_ALLOWED_ROLES, by their value.',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': 'The enterprise extension of RFC 7643.',
  },
  vectara: {
    email: 'Required.',
    username: 'What the user is created under; the e-mail where it is left out.',
    description: 'What is told of the user.',
    api_roles: 'Account-wide roles, within the allow-list VECTARA_ALLOWED_API_ROLES.',
    corpus_roles: 'Roles of single corpora, which Vectara judges.',
    agent_roles: 'Roles of single agents, which Vectara judges.',
  },
};

const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: 'Identifies the request for ever, together with source: the same when it is sent again, another one for another user.',
  source: 'Who asks.',
  time: 'RFC 3339, when it was asked.',
  subject: 'Your own opaque id of the user, without an @; it comes back in the answer.',
  expirytime: 'RFC 3339; after it nothing is made.',
  correlationid: 'What the answer is told to belong to; the id where it is left out.',
  causationid: 'What has led to this request.',
  traceparent: 'W3C trace context; it comes back in the answer.',
  tracestate: 'W3C trace context; it comes back in the answer.',
};

export const describe = {
  /** The attributes of a request, with a sentence for each. */
  attributes: (properties: NonNullable<Schema['properties']>) => withDescriptions(properties, ATTRIBUTES),

  /** The schema of a provider's `data.user`, with a sentence for each field. */
  user(provider: string, schema: Schema): Schema {
    return { ...schema, properties: withDescriptions(schema.properties ?? {}, FIELDS[provider] ?? {}) };
  },

  /** A request that a provider would get as it stands. */
  request: (provider: string): JsonObject => exampleRequest(provider),
};

function withDescriptions(
  properties: NonNullable<Schema['properties']>,
  told: Readonly<Record<string, string>>,
): NonNullable<Schema['properties']> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => {
      const description = told[name];
      return [name, typeof member === 'object' && description ? { description, ...member } : member];
    }),
  );
}
