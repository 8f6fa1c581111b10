import { expect } from 'vitest';
import { tries } from './case.ts';
import { fails } from './faults.ts';
import { refusal, type Subject, storedUser } from './subject.ts';

const ONCE = { calls: ['create'], users: 0 } as const;
const SAYS_NOTHING = { remote: 'absent', later: 'unknown', ...ONCE } as const;

/** The provider does not create, and says so. */
export function refusals(subject: Subject): void {
  const throttledFor = (retryAfter: string | undefined) =>
    fails('create', refusal(subject, 429, retryAfter === undefined ? {} : { 'retry-after': retryAfter }));
  const throttled = { code: 'provider_throttled', httpStatus: 429, ...SAYS_NOTHING } as const;

  tries(subject, {
    'A 429 that names seconds is obeyed': {
      given: throttledFor('40'),
      ends: { ...throttled, delaySeconds: 40 },
    },
    'A 429 that names fewer seconds than the schedule waits for the schedule': {
      given: throttledFor('4'),
      ends: { ...throttled, delaySeconds: 15 },
    },
    'A 429 that names an HTTP date is obeyed': {
      given: (world) => throttledFor(new Date(Date.now() + 90_000).toUTCString())(world),
      ends: { ...throttled, delaySeconds: expect.toBeOneOf([88, 89, 90]) },
    },
    'A 429 that names more than SQS can wait is obeyed as far as that goes': {
      given: throttledFor('86400'),
      ends: { ...throttled, delaySeconds: expect.closeTo(42_900, -1) },
    },
    'A 429 that names nothing follows the schedule': {
      given: throttledFor(undefined),
      ends: { ...throttled, delaySeconds: 15 },
    },
  });
  for (const nonsense of ['soon', '-7', '1.5', 'try 5', '']) {
    tries(subject, {
      [`A 429 that names nonsense ("${nonsense}") follows the schedule`]: {
        given: throttledFor(nonsense),
        ends: { ...throttled, delaySeconds: 15 },
      },
    });
  }

  for (const status of [402, 412]) {
    tries(subject, {
      [`A ${status} is a limit of the account and is tried again slowly`]: {
        given: fails('create', refusal(subject, status)),
        ends: { code: 'provider_capacity', httpStatus: status, delaySeconds: 60, ...SAYS_NOTHING },
      },
    });
  }

  for (const status of [400, 404, 405, 410, 422, 501]) {
    tries(subject, {
      [`A ${status} ends the request`]: {
        given: fails('create', refusal(subject, status, {}, 'That will not do.')),
        ends: {
          code: 'provider_rejected',
          httpStatus: status,
          message: expect.stringContaining('That will not do.'),
          remote: 'absent',
          ...ONCE,
        },
      },
    });
  }

  tries(subject, {
    'An e-mail that the provider does not take ends the request': {
      user: { ...subject.user, email: '(ada)@example.com' },
      ends: { code: 'provider_rejected', httpStatus: 400, remote: 'absent', ...ONCE },
    },
    'A 400 that tells of a duplicate is a conflict': {
      given: (world) => {
        world.sandbox.addUser(storedUser(subject));
        fails('create', refusal(subject, 400, {}, 'A user with this name already exists'))(world);
      },
      ends: { result: 'existing', calls: ['create', 'get'], users: 1 },
    },
  });
}
