import { expect, test } from 'vitest';
import type { Answer } from '../../local/sandboxes/calls.ts';
import { inWorld, tries } from './case.ts';
import { all, fails, worksBut } from './faults.ts';
import { firstLook, refusal, requestFor, type Subject } from './subject.ts';

/** What may be over in a moment is tried again within the invocation, as long as that costs four calls at most. */
export function blips(subject: Subject): void {
  const doubtful: Readonly<Record<string, Answer | 'reset'>> = {
    'a cut connection': 'reset',
    'a 502': refusal(subject, 502),
    'a 503': refusal(subject, 503),
    'a 503 that asks for two seconds': refusal(subject, 503, { 'retry-after': '2' }),
  };
  const once = ['create', 'get'] as const;
  const waits = { code: 'provider_unavailable', remote: 'absent', delaySeconds: 15, users: 0 } as const;
  for (const [blip, reply] of Object.entries(doubtful)) {
    // A look-up over a connection that is kept, as is that of a token, is sent again where it is cut.
    const resent = subject.usesTokens && reply === 'reset' ? ['get'] : [];
    tries(subject, {
      [`A create goes through after ${blip}`]: {
        given: fails('create', reply),
        ends: { result: 'created', calls: [...once, 'create'], users: 1 },
        // A fourth call is left, which is not enough.
        looked: { ...waits, calls: ['get', ...once] },
      },
      [`A create that meets ${blip} a second time is tried again later`]: {
        given: fails('create', reply, 2),
        ends: {
          code: 'provider_unavailable',
          remote: 'absent',
          delaySeconds: 15,
          calls: [...once, ...once],
          users: 0,
        },
        later: { calls: ['get', ...once] },
      },
      [`A create is not tried again at once where the look-up meets ${blip} too`]: {
        given: all(worksBut('create', reply), fails('get', reply)),
        ends: {
          code: 'provider_unavailable',
          remote: 'unknown',
          delaySeconds: 15,
          calls: [...once],
          users: 1,
        },
        // The look goes first, is tried again, and finds nobody yet.
        later: { result: 'existing', calls: ['get', 'get', ...once], users: 1 },
      },
      [`A look that meets ${blip} a second time is tried again later`]: {
        given: (world) => {
          fails('get', reply, 9)(world);
          fails('create', reply, 9)(world);
        },
        ends: {
          code: 'provider_unavailable',
          remote: 'unknown',
          delaySeconds: 15,
          calls: [...once],
          users: 0,
        },
        later: { calls: [...resent, 'get', 'get'] },
      },
    });
  }

  const throttled = refusal(subject, 429, { 'retry-after': '1' });
  const refused = { code: 'provider_throttled', remote: 'absent', delaySeconds: 15, users: 0 } as const;
  tries(subject, {
    'A create goes through after a 429 that asks for a second': {
      given: fails('create', throttled),
      ends: { result: 'created', calls: ['create', 'create'], users: 1 },
      later: { result: 'created', calls: ['get', 'create', 'create'], users: 1 },
    },
    'A create goes through after a second such 429': {
      given: fails('create', throttled, 2),
      ends: { result: 'created', calls: ['create', 'create', 'create'], users: 1 },
      looked: { ...refused, calls: ['get', 'create', 'create'] },
    },
    'A create that meets such a 429 a third time is tried again later': {
      given: fails('create', throttled, 3),
      ends: { ...refused, calls: ['create', 'create', 'create'] },
      later: { calls: ['get', 'create', 'create'] },
    },
    'A blip is not tried again at once where the time does not allow it': {
      given: fails('create', throttled),
      remainingMs: 2_600,
      ends: { ...refused, calls: ['create'] },
    },
    'A blip is not tried again at once where the provider asks for three seconds': {
      given: fails('create', refusal(subject, 503, { 'retry-after': '3' })),
      ends: { code: 'provider_unavailable', remote: 'absent', delaySeconds: 15, calls: [...once], users: 0 },
    },
    'A blip is not tried again at once where the look-up asks for a minute': {
      given: all(
        fails('create', refusal(subject, 503), 9),
        fails('get', refusal(subject, 503, { 'retry-after': '60' })),
      ),
      ends: { code: 'provider_unavailable', remote: 'unknown', delaySeconds: 60, calls: [...once], users: 0 },
      later: { calls: ['get'] },
    },
    'What was seen before a quick try is not forgotten': {
      given: all(fails('create', 'reset'), fails('create', refusal(subject, 429))),
      ends: { ...refused, calls: [...once, 'create'] },
      later: { ...refused, code: 'provider_unavailable', calls: ['get', ...once] },
    },
    'A provider that cannot be reached leaves no doubt': {
      given: ({ sandbox }) => sandbox.close(),
      ends: { code: 'provider_unavailable', remote: 'absent', delaySeconds: 15, calls: [], users: 0 },
      later: { remote: 'unknown', calls: [] },
    },
  });

  test('Quick tries wait as long as the provider asks, and a moment otherwise', () =>
    inWorld(subject, async (world) => {
      fails('create', throttled)(world);
      fails('create', refusal(subject, 502))(world);
      await world.startContainer().deliver(requestFor(subject));
      // After a create, a throttled one and its look-up, a fourth call is left, which is not enough.
      expect(world.takeOperations()).toEqual([...firstLook(subject), 'create', 'create', 'get']);
      expect(world.clock.slept).toEqual([1000]);
      fails('create', refusal(subject, 502))(world);
      await world.startContainer().deliver(requestFor(subject));
      expect(world.clock.slept).toEqual(subject.provider.looksFirst ? [1000] : [1000, 200]);
    }));

  test('A provider that cannot be reached is tried twice more', () =>
    inWorld(subject, async ({ sandbox, startContainer, clock }) => {
      await sandbox.close();
      await startContainer().deliver(requestFor(subject));
      // A look that fails is a call less.
      expect(clock.slept).toEqual(subject.provider.looksFirst ? [200] : [200, 200]);
    }));
}
