import { describe, expect, test } from 'vitest';
import { createFaultPlan, type Rate } from '../cli/chaos/fault-plan.ts';
import { FIREWALLED } from '../cli/chaos/people.ts';
import { createTraffic } from '../cli/chaos/requests.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { deliveryOf } from './deliveries.ts';

const rates: readonly Rate[] = [
  { kind: 'often', every: 10 },
  { kind: 'rarely', every: 1_000, within: 5 },
  { kind: 'in a row', every: 100, times: 3 },
];

function kindsOf(seed: number, calls: number): (string | undefined)[] {
  const plan = createFaultPlan(seed, 'tests', rates);
  return Array.from({ length: calls }, plan);
}

describe('The plan of faults', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(kindsOf(1, 500)).toEqual(kindsOf(1, 500));
    expect(kindsOf(1, 500)).not.toEqual(kindsOf(2, 500));
  });

  test('has every kind early on, and later as often as it says', () => {
    expect(kindsOf(1, 10)).toContain('rarely');
    expect(kindsOf(1, 40)).toContain('in a row');
    const often = kindsOf(1, 10_000).filter((kind) => kind === 'often');
    expect(often.length).toBeGreaterThan(800);
    expect(often.length).toBeLessThan(1_200);
  });

  test('lets a kind happen several times in a row', () => {
    const first = kindsOf(1, 200).indexOf('in a row');
    expect(kindsOf(1, 200).slice(first, first + 3)).toEqual(['in a row', 'in a row', 'in a row']);
  });
});

describe('The requests of a run', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(createTraffic(1, 300)).toEqual(createTraffic(1, 300));
    expect(createTraffic(1, 300)).not.toEqual(createTraffic(2, 300));
  });

  test('come in as many messages as they tell, some of them given up by SQS', () => {
    const { requests, messages } = createTraffic(1, 300);
    expect(messages).toHaveLength(requests.reduce((sum, request) => sum + request.messages, 0));
    expect(messages.length).toBeGreaterThan(requests.length);
    expect(messages.filter(({ queue }) => queue === 'requestsExhausted')).not.toHaveLength(0);
  });

  test('are valid or refused just as they say', () => {
    const readRequest = createRequestReader(providers);
    const told = createTraffic(1, 500).requests.map(({ body, wanted, refusal }) => {
      try {
        const { user, provider } = readRequest(deliveryOf(body));
        const { email } = provider.compared(user).identity;
        return { wanted, refusal, key: user[provider.keyField], email: email ?? user.email };
      } catch (error) {
        return { wanted, refusal, failure: error };
      }
    });
    for (const { wanted, refusal, failure, key, email } of told) {
      if (wanted) expect({ email, key: wanted.key && key }).toEqual({ email: wanted.email, key: wanted.key });
      else if (failure) expect(failure).toMatchObject({ code: refusal });
      else expect(['role_not_allowed', 'request_expired', 'provider_unauthorized']).toContain(refusal);
    }
    const refusals = new Set(told.map(({ refusal }) => refusal));
    expect([...refusals].sort()).toEqual([
      'invalid_event',
      'provider_unauthorized',
      'request_expired',
      'role_not_allowed',
      'unsupported_provider',
      undefined,
    ]);
  });

  test('meet a firewall at one connection after another, once in a hundred', () => {
    const firewalled = createTraffic(1, 1_000).requests.filter(
      ({ refusal }) => refusal === 'provider_unauthorized',
    );
    const connections = firewalled.map(({ connection }) => connection);
    expect(connections).toHaveLength(10);
    expect(new Set(connections.slice(0, 9)).size).toBe(9);
    expect(connections[9]).toBe(connections[0]);
    for (const { body } of firewalled) expect(body).toContain(FIREWALLED);
  });

  test('spell the e-mail of one user in several ways, the domain too', () => {
    const wanted = createTraffic(1, 3_000).requests.flatMap((request) => request.wanted ?? []);
    const byPerson = Map.groupBy(wanted, ({ person }) => person).values();
    const spellings = [...byPerson].map((alike) => new Set(alike.map(({ email }) => email)));
    expect(spellings.filter((one) => [...one].some((email) => email?.includes('@bücher')))).not.toEqual([]);
    expect(spellings.filter((one) => [...one].some((email) => email?.includes('@XN--BCHER')))).not.toEqual(
      [],
    );
  });
});
