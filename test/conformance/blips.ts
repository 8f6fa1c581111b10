import { expect, test } from 'vitest';
import type { Answer } from '../../local/sandboxes/calls.ts';
import { inWorld, tries } from './case.ts';
import { all, fails, worksBut } from './faults.ts';
import { refusal, requestFor, type Subject } from './subject.ts';

/** What may be over in a moment is tried again twice within the invocation. */
export function blips(subject: Subject): void {
  const doubtful: Readonly<Record<string, Answer | 'reset'>> = {
    'a cut connection': 'reset',
    'a 502': refusal(subject, 502),
    'a 503': refusal(subject, 503),
    'a 503 that asks for two seconds': refusal(subject, 503, { 'retry-after': '2' }),
  };
  const once = ['create', 'get', 'list'] as const;
  for (const [blip, reply] of Object.entries(doubtful)) {
    tries(subject, {
      [`A create goes through after ${blip}`]: {
        given: fails('create', reply),
        ends: { result: 'created', calls: [...once, 'create'], users: 1 },
      },
      [`A create goes through after ${blip}, twice`]: {
        given: fails('create', reply, 2),
        ends: { result: 'created', calls: [...once, ...once, 'create'], users: 1 },
      },
      [`A create that meets ${blip} a third time is tried again later`]: {
        given: fails('create', reply, 3),
        ends: {
          code: 'provider_unavailable',
          remote: 'absent',
          delaySeconds: 15,
          calls: [...once, ...once, ...once],
          users: 0,
        },
      },
    });
  }

  const throttled = refusal(subject, 429, { 'retry-after': '1' });
  tries(subject, {
    'A create goes through after a 429 that asks for a second': {
      given: fails('create', throttled),
      ends: { result: 'created', calls: ['create', 'create'], users: 1 },
    },
    'A create that meets such a 429 a third time is tried again later': {
      given: fails('create', throttled, 3),
      ends: {
        code: 'provider_throttled',
        remote: 'absent',
        later: 'unknown',
        delaySeconds: 15,
        calls: ['create', 'create', 'create'],
        users: 0,
      },
    },
    'A blip is not tried again at once where the time does not allow it': {
      given: fails('create', throttled),
      remainingMs: 1200,
      ends: {
        code: 'provider_throttled',
        remote: 'absent',
        later: 'unknown',
        delaySeconds: 15,
        calls: ['create'],
        users: 0,
      },
    },
    'A blip is not tried again at once where the provider asks for three seconds': {
      given: fails('create', refusal(subject, 503, { 'retry-after': '3' })),
      ends: {
        code: 'provider_unavailable',
        remote: 'absent',
        delaySeconds: 15,
        calls: [...once],
        users: 0,
      },
    },
    'A blip is not tried again at once where the look-up asks for a minute': {
      given: all(
        fails('create', refusal(subject, 503)),
        fails('get', refusal(subject, 503, { 'retry-after': '60' })),
      ),
      ends: {
        code: 'provider_unavailable',
        remote: 'unknown',
        delaySeconds: 60,
        calls: ['create', 'get'],
        users: 0,
      },
    },
    'What a quick try learns nothing of stays in doubt': {
      given: all(
        worksBut('create', refusal(subject, 503)),
        fails('get', refusal(subject, 503)),
        fails('create', refusal(subject, 429)),
      ),
      ends: {
        code: 'provider_throttled',
        remote: 'unknown',
        delaySeconds: 15,
        calls: ['create', 'get', 'create'],
        users: 1,
      },
    },
    'What was seen before a quick try is not forgotten': {
      given: all(fails('create', 'reset'), fails('create', refusal(subject, 429))),
      ends: {
        code: 'provider_throttled',
        remote: 'absent',
        delaySeconds: 15,
        calls: [...once, 'create'],
        users: 0,
      },
    },
    'A provider that cannot be reached leaves no doubt': {
      given: ({ sandbox }) => sandbox.close(),
      ends: {
        code: 'provider_unavailable',
        remote: 'absent',
        later: 'unknown',
        delaySeconds: 15,
        calls: [],
        users: 0,
      },
    },
  });

  test('Quick tries wait as long as the provider asks, and a moment otherwise', () =>
    inWorld(subject, async (world) => {
      fails('create', throttled)(world);
      fails('create', refusal(subject, 502))(world);
      await world.startContainer().deliver(requestFor(subject));
      expect(world.clock.slept).toEqual([1000, 200]);
    }));

  test('A provider that cannot be reached is tried twice more', () =>
    inWorld(subject, async ({ sandbox, startContainer, clock }) => {
      await sandbox.close();
      await startContainer().deliver(requestFor(subject));
      expect(clock.slept).toEqual([200, 200]);
    }));
}
