import { describe, expect, it, vi } from 'vitest';
import { FAILURES, type FailureCode } from '../lib/records/failure.ts';
import { json } from '../local/sandboxes/calls.ts';
import type { Fault } from '../local/sandboxes/faults.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';
import { openStoryWorld } from './story-world.ts';

/** What only a person's data, a body or a secret contains. */
const CANARIES = ['lovelace', 'countess', 'canary', '@'];
const email = 'ada.lovelace@example.com';
const user = { email, username: 'the-countess-lovelace', description: 'Countess of Lovelace' };

interface Way {
  /** What goes wrong with every create meanwhile. */
  readonly create?: Fault;
  readonly isOutcomeRefused?: boolean;
  /** Asks for a user; through the connection that bears the code's name by default. */
  readonly ask?: (usher: LocalUsher, connection: string) => Promise<void>;
}

const WAYS: Record<FailureCode, Way> = {
  invalid_event: { ask: ({ send }) => send(`{"email":"${email}", canary`) },
  unsupported_provider: {
    ask: ({ send }) => send(JSON.stringify(requestEvent('1', { provider: email, user }))),
  },
  role_not_allowed: { ask: (usher, connection) => ask(usher, connection, { api_roles: ['owner'] }) },
  request_expired: {
    ask: (usher, connection) => ask(usher, connection, {}, { expirytime: '2020-01-01T00:00:00Z' }),
  },
  user_conflict: {
    ask(usher, connection) {
      usher.vectara.addUser(user, { visible: false });
      return ask(usher, connection);
    },
  },
  provider_rejected: { create: quoting(400) },
  provider_unauthorized: { create: quoting(403) },
  provider_not_found: { create: quoting(404) },
  provider_capacity: { create: quoting(402) },
  provider_throttled: { create: quoting(429) },
  provider_unavailable: { create: quoting(503) },
  provider_pending: {
    ask(usher, connection) {
      const request = { provider: 'fireworks', connection, user: { email, displayName: 'Lovelace' } };
      return usher.send(JSON.stringify(requestEvent('2', request)));
    },
  },
  provider_invalid_response: { create: quoting(302) },
  secret_unavailable: { ask: (usher) => ask(usher, 'nowhere') },
  secret_invalid: {
    ask(usher, connection) {
      usher.stack.secretsManager.set(`usher/vectara/${connection}`, '{"clientId":"canary"');
      return ask(usher, connection);
    },
  },
  out_of_time: { create: { applied: false, reply: 'hang' } },
  outcome_unpublished: { isOutcomeRefused: true },
  // No event is known that makes the built functions fail by themselves: below.
  unexpected: {},
  delivery_exhausted: {
    ask({ send, stack }) {
      const event = requestEvent('3', { provider: 'vectara', user });
      return send(JSON.stringify(event), stack.queues.requestsExhausted.url);
    },
  },
};

/** A provider that quotes what it was sent wherever an answer has a place for it. */
function quoting(status: number): Fault {
  const body = { messages: [email], message: email, field_errors: { email }, request_id: email, code: email };
  return { applied: false, reply: json(status, body, { 'x-request-id': email }) };
}

function ask({ send }: LocalUsher, connection: string, more: object = {}, attributes: object = {}) {
  const request = { provider: 'vectara', connection, user: { ...user, ...more } };
  const source = `https://signup.example/${email}`;
  return send(JSON.stringify(requestEvent(email, request, { source, ...attributes })));
}

describe('A log in which every failure code stands', () => {
  it('contains no e-mail address, name, secret or word of a body', async () => {
    let way: Way = {};
    await using usher = await startLocalUsher(
      {
        timeoutMs: 4_000,
        environment: { LOG_LEVEL: 'DEBUG' },
        onCall: (target) =>
          way.isOutcomeRefused && target.endsWith('.SendMessageBatch')
            ? { kind: 'error', name: 'AccessDeniedException' }
            : undefined,
      },
      { pendingPolls: 100, onCall: ({ operation }) => (operation === 'create' ? way.create : undefined) },
    );
    for (const [code, next] of Object.entries(WAYS)) {
      if (code === 'unexpected') continue;
      const connection = code.replaceAll('_', '-');
      usher.stack.secretsManager.set(`usher/vectara/${connection}`, usher.vectara.secret);
      usher.stack.secretsManager.set(`usher/fireworks/${connection}`, usher.fireworks.secret);
      way = next;
      await (way.ask ?? ask)(usher, connection);
      const told = () => usher.logs.filter((line) => line.includes(`"code":"${code}"`));
      await vi.waitFor(() => expect(told(), code).not.toEqual([]), 15_000);
    }
    await using world = await openStoryWorld({ defect: new TypeError(`canary ${email}`) });
    await world.deliver([requestEvent('4', { provider: 'vectara', user })]);

    const log = [...usher.logs, ...world.logs].join('\n').toLowerCase();
    expect(Object.keys(FAILURES).filter((code) => !log.includes(`"code":"${code}"`))).toEqual([]);
    const secrets = [...usher.fireworks.confidential(), ...usher.vectara.confidential()];
    expect([...secrets, ...CANARIES].filter((secret) => log.includes(secret.toLowerCase()))).toEqual([]);
  }, 120_000);
});
