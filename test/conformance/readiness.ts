import { expect, test } from 'vitest';
import type { Fields } from '../../lib/providers/provider.ts';
import type { Answer } from '../../local/sandboxes/calls.ts';
import { inWorld, tries } from './case.ts';
import { fails, type Given, worksBut } from './faults.ts';
import { refusal, requestFor, rewritten, type Subject, storedUser } from './subject.ts';

const READY = { state: 'READY' };

/** The user is there and not for use. */
export function readiness(subject: Subject, unready: NonNullable<Subject['unready']>): void {
  const pending = { code: 'provider_pending', remote: 'present', delaySeconds: 10, users: 1 } as const;
  const has =
    (state: Fields): Given =>
    ({ sandbox }) =>
      void sandbox.addUser(storedUser(subject, state));

  tries(subject, {
    'A new user who is ready a moment later is created': {
      sandbox: { pendingPolls: 3 },
      ends: { result: 'created', calls: ['create', 'get', 'get', 'get'], users: 1 },
    },
    'A new user who is not ready for long is looked for soon again': {
      sandbox: { pendingPolls: 100 },
      ends: { ...pending, calls: ['create', 'get', 'get', 'get'] },
      later: { calls: ['get', 'create', 'get', 'get'] },
    },
    'A new user who is ready by the next delivery is adopted': {
      sandbox: { pendingPolls: 5 },
      given: (_, container) => container.deliver(requestFor(subject)),
      ends: { result: 'existing', calls: ['create', 'get', 'get'], users: 1 },
      later: { result: 'existing', calls: ['get', 'get'], users: 1 },
    },
    'A user who is coming is waited for': {
      sandbox: { pendingPolls: 100 },
      given: has(unready.coming),
      ends: { ...pending, calls: ['create', 'get', 'get', 'get'] },
      later: { calls: ['get', 'get', 'get', 'get'] },
    },
    'A user who is leaving is waited for': {
      given: has(unready.leaving),
      ends: { ...pending, calls: ['create', 'get', 'get', 'get'] },
      later: { calls: ['get', 'get', 'get', 'get'] },
    },
    'A new user whose state cannot be asked for is there all the same': {
      sandbox: { pendingPolls: 100 },
      given: fails('get', refusal(subject, 500), 9),
      ends: {
        code: 'provider_unavailable',
        remote: 'present',
        delaySeconds: 15,
        calls: ['create', 'get'],
        users: 1,
      },
      later: { remote: 'unknown', calls: ['get'], users: 0 },
    },
    'A new user whom the first look does not show is waited for': {
      sandbox: { pendingPolls: 1 },
      given: fails('get', refusal(subject, 404)),
      ends: { result: 'created', calls: ['create', 'get', 'get'], users: 1 },
    },
  });

  test('A new user is waited for only as long as there is time', () =>
    inWorld(
      subject,
      async ({ startContainer, clock }) => {
        const told = await startContainer().deliver(requestFor(subject), { remainingMs: 2_000 });
        expect(told).toMatchObject({ result: 'handed back', code: 'provider_pending' });
        expect(clock.slept).toEqual([200, 400, 800]);
      },
      { pendingPolls: 100 },
    ));

  /** The user is shown with other fields by each look-up from now on. */
  const turnsInto =
    (fields: Fields): Given =>
    ({ sandbox }) => {
      const reply = (answer: Answer) => rewritten(answer, (user) => ({ ...user, ...fields, ...READY }));
      sandbox.inject('get', { applied: true, reply }, Number.POSITIVE_INFINITY);
    };

  test('A new user who has other rights once ready is a conflict', () =>
    inWorld(
      subject,
      async (world) => {
        turnsInto(subject.privileged)(world);
        const told = await world.startContainer().deliver(requestFor(subject));
        const differences = Object.keys(subject.privileged);
        expect(told).toMatchObject({ code: 'user_conflict', remote: 'present', differences });
      },
      { pendingPolls: 100 },
    ));

  test('A user who was coming and has another e-mail once ready is a conflict', () =>
    inWorld(
      subject,
      async (world) => {
        has(unready.coming)(world);
        // The first look-up, after the conflict, shows the user as asked for.
        worksBut('get', (answer) => answer)(world);
        turnsInto({ email: subject.others.email })(world);
        const told = await world.startContainer().deliver(requestFor(subject));
        expect(told).toMatchObject({ code: 'user_conflict', remote: 'present', differences: ['email'] });
        expect(world.takeOperations()).toEqual(['create', 'get', 'get']);
      },
      { pendingPolls: 100 },
    ));
}
