import { expect, test } from 'vitest';
import type { Fields } from '../../lib/providers/provider.ts';
import type { Answer } from '../../local/sandboxes/calls.ts';
import { inWorld, tries } from './case.ts';
import { amongMany } from './doubt.ts';
import { all, fails, type Given } from './faults.ts';
import {
  comparedFields,
  firstLook,
  having,
  looksByPath,
  refusal,
  requestFor,
  type Subject,
  storedUser,
  vainSearch,
} from './subject.ts';

const BY_KEY = { calls: ['create', 'get'], users: 1 } as const;
const BY_EMAIL = { calls: ['create', 'get', 'list'], users: 1 } as const;
/** A look before creating shows as much as one after a conflict. */
const SEEN = { code: 'user_conflict', remote: 'present', delaySeconds: undefined, calls: ['get'] } as const;

/** The provider says that the user is there already. */
export function conflicts(subject: Subject): void {
  const { keyField } = subject.provider;
  const FOUND_NOBODY = { calls: ['create', 'get', ...vainSearch(subject)], users: 1 };
  const has =
    (changes: Fields = {}, visible = true): Given =>
    ({ sandbox }) => {
      sandbox.addUser(storedUser(subject, changes), { visible });
    };
  const underOtherKeys =
    (...keys: readonly string[]): Given =>
    ({ sandbox }) => {
      for (const key of keys) sandbox.addUser(storedUser(subject, { [keyField]: key }));
    };

  tries(subject, {
    'A user who is there and matches is adopted': {
      given: has(),
      ends: { result: 'existing', ...BY_KEY },
      later: { result: 'existing', calls: ['get'], users: 1 },
    },
    'A user whose lists stand in another order is adopted': {
      given: ({ sandbox }) => sandbox.addUser(reversed(storedUser(subject))),
      ends: { result: 'existing', ...BY_KEY },
    },
    'A user whose e-mail is written in other case is adopted': {
      given: has({ email: 'ADA@Example.COM' }),
      ends: { result: 'existing', ...BY_KEY },
    },
    'A user who exists and is not shown is waited for, and in the end is a conflict that nobody can judge': {
      given: has({}, false),
      ends: { code: 'provider_pending', remote: 'unknown', delaySeconds: 10, ...FOUND_NOBODY },
      later: { code: 'user_conflict', delaySeconds: undefined, httpStatus: 409 },
    },
    'A foreign user under the key is a conflict': {
      given: has({ email: subject.others.email }),
      ends: { code: 'user_conflict', remote: 'present', differences: ['email'], ...BY_KEY },
      later: SEEN,
    },
    'A search after a conflict that the deadline overtakes waits as for a provider that is away': {
      given: all(has({}, false), ({ sandbox, clock }) => {
        const when = () => {
          clock.skip(60_000);
          return true;
        };
        const reply = (answer: Answer) => (looksByPath(subject) ? refusal(subject, 404) : answer);
        sandbox.inject('get', { applied: true, reply, when }, 9);
      }),
      ends: {
        code: 'provider_unavailable',
        remote: 'unknown',
        delaySeconds: 15,
        calls: ['create', 'get'],
        users: 1,
      },
      // The look itself takes all the time there is.
      later: { code: 'out_of_time', delaySeconds: 0, remote: 'absent', calls: ['get'] },
    },
    'A user who may do more than a request may ask for is never adopted': {
      given: ({ sandbox }) => sandbox.addUser(storedUser(subject, subject.privileged, subject.minimal)),
      user: subject.minimal,
      ends: {
        code: 'user_conflict',
        remote: 'present',
        differences: Object.keys(subject.privileged),
        ...BY_KEY,
      },
      later: SEEN,
    },
    'A conflict whose look-up fails is tried again later': {
      given: all(has(), fails('get', refusal(subject, 500))),
      ends: { code: 'provider_unavailable', remote: 'unknown', delaySeconds: 15, ...BY_KEY },
      later: { calls: ['get'] },
    },
    ...(looksByPath(subject) && {
      'A conflict whose look-up is refused is tried again later': {
        given: all(has(), fails('get', refusal(subject, 400))),
        ends: { code: 'provider_unavailable', remote: 'unknown', delaySeconds: 15, ...BY_KEY },
        later: { calls: ['get'] },
      },
    }),
  });

  if (!subject.sharesEmails) {
    test('Of many users the one who holds the e-mail is found, in as many pages as they fill', () =>
      inWorld(subject, async (world) => {
        all(amongMany(subject), underOtherKeys('somebody-else'))(world);
        const [, ...others] = subject.provider.listByEmail(storedUser(subject), {});
        // Where the provider cannot filter its users by e-mail, it has to show all of them.
        for (const _ of others) fails('list', refusal(subject, 400))(world);
        const told = await world.startContainer().deliver(requestFor(subject));
        expect(told).toMatchObject({ code: 'user_conflict', remote: 'absent', differences: [keyField] });
        const lists = world.takeOperations();
        const looks = [...firstLook(subject), 'create', 'get'];
        expect(lists.splice(0, looks.length)).toEqual(looks);
        expect(new Set(lists)).toEqual(new Set(['list']));
        expect(lists.length).toBeLessThanOrEqual(100);
      }));
  }
  if (!subject.sharesEmails)
    tries(subject, {
      'A user under another key who holds the e-mail is a conflict': {
        given: underOtherKeys('somebody-else'),
        ends: { code: 'user_conflict', remote: 'absent', differences: [keyField], ...BY_EMAIL },
      },
      'A user under another key who holds the e-mail in other case is a conflict': {
        given: has({ [keyField]: 'somebody-else', email: 'ADA@example.com' }),
        ends: { code: 'user_conflict', remote: 'absent', differences: [keyField], ...BY_EMAIL },
      },
      'Several users who hold the e-mail are a conflict': {
        given: underOtherKeys('one', 'another'),
        ends: { code: 'user_conflict', remote: 'absent', differences: [keyField], ...BY_EMAIL, users: 2 },
      },
    });
  if (looksByPath(subject))
    tries(subject, {
      'A user whom only the list shows is adopted': {
        given: all(has(), fails('get', refusal(subject, 404), 9)),
        ends: { result: 'existing', ...BY_EMAIL },
        later: { result: 'existing', calls: ['get', ...BY_EMAIL.calls], users: 1 },
      },
      'A user whom only the list shows, beside another one with the e-mail, is adopted': {
        given: all(underOtherKeys('another'), has(), fails('get', refusal(subject, 404))),
        ends: { result: 'existing', ...BY_EMAIL, users: 2 },
      },
      'A user whom the look-up must not show and the list does is adopted': {
        given: all(has(), fails('get', refusal(subject, 403))),
        ends: { result: 'existing', ...BY_EMAIL },
      },
      'Whose key the look-up must not show while another user holds the e-mail is unknown': {
        given: all(underOtherKeys('another'), fails('get', refusal(subject, 403), 9)),
        ends: { code: 'user_conflict', remote: 'unknown', differences: [keyField], ...BY_EMAIL },
      },
    });

  test('Two people who come to one key make one user, and the second is told of a conflict', () =>
    inWorld(subject, async ({ startContainer, takeOperations, sandbox }) => {
      const container = startContainer();
      const { email } = subject.others;
      const user = having(subject, subject.user, { email });
      const second = requestFor(subject, { id: 'signup-2', user });
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      const conflict = { code: 'user_conflict', remote: 'present', differences: ['email'] };
      expect(await container.deliver(second)).toMatchObject(conflict);
      expect(await container.deliver(second, { receives: 2 })).toMatchObject(conflict);
      expect(takeOperations()).toEqual(
        subject.provider.looksFirst ? ['get', 'create', 'get', 'get'] : ['create', 'create', 'get', 'get'],
      );
      expect(sandbox.users()).toHaveLength(1);
    }));

  const [[roleField = '', forbidden] = []] = Object.entries(subject.privileged);
  if (Array.isArray(forbidden)) {
    const mixed = { [roleField]: ['viewer', ...forbidden] };
    tries(subject, {
      'A user who has a role that a request may ask for, and one more, is never adopted': {
        given: ({ sandbox }) => sandbox.addUser(storedUser(subject, mixed, subject.minimal)),
        user: subject.minimal,
        ends: {
          code: 'user_conflict',
          remote: 'present',
          differences: Object.keys(subject.privileged),
          ...BY_KEY,
        },
        later: SEEN,
      },
    });
  }

  const { identity, privilege, descriptive } = comparedFields(subject);
  for (const field of [...identity, ...privilege].filter((name) => name !== keyField)) {
    tries(subject, {
      [`A user who differs in ${field} is a conflict`]: {
        given: has({ [field]: subject.others[field] }),
        ends: { code: 'user_conflict', remote: 'present', differences: [field], ...BY_KEY },
        later: SEEN,
      },
    });
  }
  for (const field of descriptive) {
    tries(subject, {
      [`A user who differs in ${field} is adopted, and the difference told`]: {
        given: has({ [field]: subject.others[field] }),
        ends: { result: 'existing', differences: [field], ...BY_KEY },
      },
      ...(typeof subject.others[field] === 'string' && {
        [`A user without ${field} is adopted where the request leaves it empty`]: {
          given: has({ [field]: '' }),
          user: having(subject, subject.user, { [field]: '' }),
          ends: { result: 'existing', ...BY_KEY },
        },
      }),
    });
  }
}

function reversed(user: Fields): Fields {
  return Object.fromEntries(
    Object.entries(user).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]),
  );
}
