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

const fixtures = new Map([
  ['fireworks', fireworks],
  ['vectara', vectara],
]);

/** The provider that lives in the tests only. */
export const thirdSubject: Subject = {
  provider: papyrus,
  startSandbox: startPapyrus,
  user: { login: 'ada', email: 'ada@example.com', access: 'writer', title: 'Ada' },
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
