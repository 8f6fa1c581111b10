import type { JsonObject } from '../../lib/json.ts';
import type { Provider } from '../../lib/providers/provider.ts';
import { sandboxes } from '../../local/sandboxes/index.ts';
import { papyrus } from '../third-provider.ts';
import { startPapyrus } from '../third-sandbox.ts';
import type { Subject } from './subject.ts';

export type Fixture = Omit<Subject, 'provider' | 'startSandbox'>;

const fireworks: Fixture = {
  user: {
    userId: 'ada',
    email: 'ada@example.com',
    serviceAccount: false,
    role: 'custom',
    permissionPreset: 'billing',
    displayName: 'Ada',
  },
  minimal: { email: 'ada@example.com' },
  others: {
    email: 'grace@example.com',
    serviceAccount: true,
    role: 'user',
    permissionPreset: 'support',
    displayName: 'Grace',
  },
  privileged: { role: 'admin' },
  idMember: 'name',
  stranger: { name: 'accounts/acme/users/grace', email: 'grace@example.com' },
  nobody: [
    { name: 'Error', message: 'boom' },
    { name: 'accounts/acme/operations/123', done: false },
    { name: 'accounts/acme/users/ada/keys/1' },
    { email: 'ada@example.com', state: 'READY' },
  ],
  unheardOf: { state: 'HIBERNATING', status: { code: 'DREAMING' } },
  unready: { coming: { state: 'CREATING' }, leaving: { state: 'DELETING' } },
  refusal: (message) => ({ code: 2, message, details: [] }),
};

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const scim: Fixture = {
  user: {
    userName: 'ada',
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
    active: true,
    roles: [{ value: 'member' }, { value: 'editor' }],
    entitlements: [{ value: 'member' }],
    displayName: 'Ada',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    phoneNumbers: [{ value: '+44 20 7946 0958' }],
    [ENTERPRISE]: { department: 'Engines' },
  },
  minimal: { userName: 'ada', emails: [{ value: 'ada@example.com' }] },
  change: (user, values) => {
    const changed = structuredClone<JsonObject>({ ...user });
    for (const [field, value] of Object.entries(values)) {
      const [, parent = field, member] = /^(name|urn:.*)[.:](\w+)$/.exec(field) ?? [];
      if (field === 'email') changed.emails = [{ value, primary: true }];
      else if (member) changed[parent] = { ...Object(changed[parent]), [member]: value };
      else if (Array.isArray(value)) changed[field] = value.map((each) => ({ value: each }));
      else changed[field] = value;
    }
    return changed;
  },
  others: {
    email: 'grace@example.com',
    active: false,
    roles: ['member'],
    entitlements: [],
    displayName: 'Grace',
    'name.givenName': 'Grace',
    'name.familyName': 'Hopper',
    phoneNumbers: ['+1 202 555 0100'],
    [`${ENTERPRISE}:department`]: 'Compilers',
  },
  privileged: { roles: ['owner'] },
  idMember: 'id',
  stranger: { id: '7', userName: 'grace', email: 'grace@example.com' },
  nobody: [
    { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '500', detail: 'boom' },
    { userName: 'ada', active: true },
  ],
  unheardOf: { active: 'perhaps', meta: { resourceType: 'Person' } },
  sharesEmails: true,
  refusal: (detail) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], detail }),
};

const vectara: Fixture = {
  user: {
    username: 'ada',
    email: 'ada@example.com',
    api_roles: ['corpus_viewer', 'agent_user'],
    corpus_roles: [
      { corpus_key: 'handbook', role: 'viewer' },
      { corpus_key: 'wiki', role: 'editor' },
    ],
    agent_roles: [{ agent_key: 'helper', role: 'agent_user' }],
    description: 'Ada',
  },
  minimal: { email: 'ada@example.com' },
  others: {
    email: 'grace@example.com',
    api_roles: ['corpus_viewer'],
    corpus_roles: [{ corpus_key: 'handbook', role: 'editor' }],
    agent_roles: [],
    description: 'Grace',
  },
  privileged: { api_roles: ['owner'] },
  idMember: 'id',
  stranger: { id: 'usr_7', username: 'grace', email: 'grace@example.com' },
  nobody: [
    { id: 'job_1', username: 'ada', status: 'queued' },
    { username: 'ada', email: 'ada@example.com' },
    { messages: ['boom'], request_id: 'request-1' },
  ],
  unheardOf: { enabled: 'perhaps', api_policy: { level: 'odd' } },
  usesTokens: true,
  refusal: (message) => ({ messages: [message], request_id: 'request-1' }),
};

const litellm: Fixture = {
  user: {
    user_id: 'ada',
    user_email: 'ada@example.com',
    user_role: 'internal_user_viewer',
    user_alias: 'Ada',
    models: ['small', 'large'],
    max_budget: 10,
    budget_duration: '30d',
    tpm_limit: 1000,
    rpm_limit: 10,
  },
  minimal: { user_id: 'ada', user_email: 'ada@example.com' },
  change: (user, { email, ...values }) => ({
    ...user,
    ...(email !== undefined && { user_email: email }),
    ...values,
  }),
  others: {
    email: 'grace@example.com',
    user_role: 'internal_user',
    user_alias: 'Grace',
    models: ['small'],
    max_budget: 20,
    budget_duration: '7d',
    tpm_limit: 2000,
    rpm_limit: 20,
  },
  privileged: { user_role: 'proxy_admin' },
  idMember: 'user_id',
  stranger: { user_id: 'grace', email: 'grace@example.com' },
  nobody: [{ user_email: 'ada@example.com', key: '' }, { error: { message: 'boom', code: '500' } }],
  unheardOf: { spend: 'much', sso_user_id: 7 },
  refusal: (message) => ({ error: { message, type: 'internal_server_error', param: 'None', code: '400' } }),
};

const fixtures = new Map([
  ['litellm', litellm],
  ['fireworks', fireworks],
  ['vectara', vectara],
  ['scim', scim],
]);

/** The provider that lives in the tests only. */
export const thirdSubject: Subject = {
  provider: papyrus,
  startSandbox: startPapyrus,
  user: { login: 'ada', email: 'ada@example.com', access: 'writer', title: 'Ada' },
  minimal: { email: 'ada@example.com' },
  others: { email: 'grace@example.com', access: 'reader', title: 'Grace' },
  privileged: { access: 'keeper' },
  idMember: 'id',
  stranger: { id: 7, login: 'grace', email: 'grace@example.com' },
  nobody: [{ member: { id: 'soon', login: 'ada' } }, { reason: 'whatever', words: 'boom' }],
  unheardOf: {},
  refusal: (words) => ({ reason: 'whatever', words }),
};

/** What the suite tries a registered provider with; throws where there is no sandbox for it. */
export function subjectOf(provider: Provider): Subject {
  const startSandbox = sandboxes.get(provider.name);
  const fixture = fixtures.get(provider.name);
  if (startSandbox === undefined)
    throw new Error(`There is no sandbox for ${provider.name} in local/sandboxes`);
  if (fixture === undefined) throw new Error(`There is no fixture for ${provider.name} in test/conformance`);
  return { provider, startSandbox, ...fixture };
}
