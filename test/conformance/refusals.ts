import { expect } from 'vitest';
import { tries } from './case.ts';
import { fails, type Given } from './faults.ts';
import { having, refusal, type Subject, storedUser } from './subject.ts';

const NONE = { remote: 'absent', calls: ['create'], users: 0 } as const;

/** The provider does not create, and says so. */
export function refusals(subject: Subject): void {
  const throttledFor = (retryAfter: string | undefined) =>
    fails('create', refusal(subject, 429, retryAfter === undefined ? {} : { 'retry-after': retryAfter }), 9);
  /** Ten minutes from now, on the whole second, as it is written. */
  const throttledUntil =
    (written: (date: Date) => string): Given =>
    (world) => {
      const now = world.clock.now();
      world.clock.skip(1000 - (now % 1000));
      throttledFor(written(new Date(world.clock.now() + 600_000)))(world);
    };
  const throttled = { code: 'provider_throttled', httpStatus: 429, ...NONE } as const;

  tries(subject, {
    'A 429 that names seconds is obeyed': {
      given: throttledFor('40'),
      ends: { ...throttled, delaySeconds: 40 },
    },
    'A 429 that names fewer seconds than the schedule waits for the schedule': {
      given: throttledFor('4'),
      ends: { ...throttled, delaySeconds: 15 },
    },
    'A 429 that names broken seconds waits for the whole one': {
      given: throttledFor('600.5'),
      ends: { ...throttled, delaySeconds: 601 },
    },
    'A 429 that names an HTTP date is obeyed': {
      given: throttledUntil((date) => date.toUTCString()),
      ends: { ...throttled, delaySeconds: 600 },
    },
    'A 429 that names an ISO date is obeyed': {
      given: throttledUntil((date) => date.toISOString()),
      ends: { ...throttled, delaySeconds: 600 },
    },
    'A 429 that names seconds since 1970 is obeyed': {
      given: throttledUntil((date) => String(date.getTime() / 1000)),
      ends: { ...throttled, delaySeconds: 600 },
    },
    'A 429 that names a date that is over follows the schedule': {
      given: throttledFor('Thu, 01 Jan 1970 00:00:00 GMT'),
      ends: { ...throttled, delaySeconds: 15, calls: ['create', 'create', 'create'] },
      later: { calls: ['get', 'create', 'create'] },
    },
    'A 429 that names more than SQS can wait is obeyed as far as that goes': {
      given: throttledFor('86400'),
      ends: { ...throttled, delaySeconds: 42_900 },
    },
    'A 429 that names nothing follows the schedule': {
      given: throttledFor(undefined),
      ends: { ...throttled, delaySeconds: 15 },
    },
  });
  for (const nonsense of ['soon', '-7', '1,5', '1e3', 'try 5', 'tomorrow', '']) {
    tries(subject, {
      [`A 429 that names nonsense ("${nonsense}") follows the schedule`]: {
        given: throttledFor(nonsense),
        ends: { ...throttled, delaySeconds: 15 },
      },
    });
  }

  tries(subject, {
    'An e-mail that the provider does not take ends the request': {
      user: having(subject, subject.user, { email: '(ada)@example.com' }),
      ends: { code: 'provider_rejected', httpStatus: expect.toBeOneOf([400, 422]), ...NONE },
    },
    'What a refusal says is told': {
      given: fails('create', refusal(subject, 422, {}, 'That will not do.')),
      ends: {
        code: 'provider_rejected',
        httpStatus: 422,
        message: expect.stringContaining('That will not do.'),
        ...NONE,
      },
    },
    'A 400 that tells of a duplicate is a conflict': {
      given: (world) => {
        world.sandbox.addUser(storedUser(subject));
        fails('create', refusal(subject, 400, {}, 'A user with this name already exists'))(world);
      },
      ends: { result: 'existing', calls: ['create', 'get'], users: 1 },
      later: { result: 'existing', calls: ['get'], users: 1 },
    },
    'A user who is there is found before a refusal could be met': {
      given: (world) => {
        world.sandbox.addUser(storedUser(subject));
        fails('create', refusal(subject, 400, {}, 'is registered with this account'))(world);
      },
      ends: { code: 'provider_rejected', remote: 'absent', calls: ['create'], users: 1 },
      later: { result: 'existing', calls: ['get'], users: 1 },
    },
  });
}
