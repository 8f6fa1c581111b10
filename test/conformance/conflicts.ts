import type { Fields } from '../../lib/providers/provider.ts';
import { tries } from './case.ts';
import { all, fails, type Given } from './faults.ts';
import { refusal, type Subject, storedUser } from './subject.ts';

const BY_KEY = { calls: ['create', 'get'], users: 1 } as const;
const BY_EMAIL = { calls: ['create', 'get', 'list'], users: 1 } as const;

/** The provider says that the user is there already. */
export function conflicts(subject: Subject): void {
  const { keyField } = subject.provider;
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
    'A user who is there and matches is adopted': { given: has(), ends: { result: 'existing', ...BY_KEY } },
    'A user whose lists stand in another order is adopted': {
      given: ({ sandbox }) => sandbox.addUser(reversed(storedUser(subject))),
      ends: { result: 'existing', ...BY_KEY },
    },
    'A user whose e-mail is written in other case is adopted': {
      given: has({ email: 'ADA@Example.COM' }),
      ends: { result: 'existing', ...BY_KEY },
    },
    'An invisible user is a conflict that nobody can judge': {
      given: has({}, false),
      ends: { code: 'user_conflict', remote: 'unknown', ...BY_EMAIL },
    },
    'A foreign user under the key is a conflict': {
      given: has({ email: subject.others.email }),
      ends: { code: 'user_conflict', remote: 'present', differences: ['email'], ...BY_KEY },
    },
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
    'A user whom only the list shows is adopted': {
      given: all(has(), fails('get', refusal(subject, 404))),
      ends: { result: 'existing', ...BY_EMAIL },
    },
    'A user whom only the list shows, beside another one with the e-mail, is adopted': {
      given: all(underOtherKeys('another'), has(), fails('get', refusal(subject, 404))),
      ends: { result: 'existing', ...BY_EMAIL, users: 2 },
    },
    'A user who may do more than a request may ask for is never adopted': {
      given: ({ sandbox }) => sandbox.addUser(storedUser(subject, subject.privileged, minimal)),
      user: minimal,
      ends: {
        code: 'user_conflict',
        remote: 'present',
        differences: [subject.provider.roleField],
        ...BY_KEY,
      },
    },
    'A conflict whose look-up fails is tried again later': {
      given: all(has(), fails('get', refusal(subject, 500))),
      ends: { code: 'provider_unavailable', remote: 'unknown', delaySeconds: 15, ...BY_KEY },
    },
    'A conflict whose look-up is refused is one that nobody can judge': {
      given: all(has(), fails('get', refusal(subject, 400))),
      ends: { code: 'user_conflict', remote: 'unknown', httpStatus: 409, ...BY_KEY },
    },
    'A conflict whose list of users is refused is one that nobody can judge': {
      given: all(underOtherKeys('another'), fails('list', refusal(subject, 400), 9)),
      ends: {
        code: 'user_conflict',
        remote: 'unknown',
        httpStatus: 409,
        users: 1,
        calls: ['create', 'get', ...subject.provider.listByEmail(storedUser(subject)).map(() => 'list')],
      },
    },
  });

  const forbidden = subject.privileged[subject.provider.roleField];
  if (Array.isArray(forbidden)) {
    const mixed = { [subject.provider.roleField]: ['viewer', ...forbidden] };
    tries(subject, {
      'A user who has a role that a request may ask for, and one more, is never adopted': {
        given: ({ sandbox }) => sandbox.addUser(storedUser(subject, mixed, minimal)),
        user: minimal,
        ends: {
          code: 'user_conflict',
          remote: 'present',
          differences: [subject.provider.roleField],
          ...BY_KEY,
        },
      },
    });
  }

  const { identity, privilege, descriptive } = subject.provider.compared(storedUser(subject));
  for (const field of [...identity, ...privilege].filter((name) => name !== keyField)) {
    tries(subject, {
      [`A user who differs in ${field} is a conflict`]: {
        given: has({ [field]: subject.others[field] }),
        ends: { code: 'user_conflict', remote: 'present', differences: [field], ...BY_KEY },
      },
    });
  }
  for (const field of descriptive) {
    tries(subject, {
      [`A user who differs in ${field} is adopted, and the difference told`]: {
        given: has({ [field]: subject.others[field] }),
        ends: { result: 'existing', differences: [field], ...BY_KEY },
      },
      [`A user without ${field} is adopted where the request leaves it empty`]: {
        given: has({ [field]: '' }),
        user: { ...subject.user, [field]: '' },
        ends: { result: 'existing', ...BY_KEY },
      },
    });
  }
}

const minimal = { email: 'ada@example.com' };

function reversed(user: Fields): Fields {
  return Object.fromEntries(
    Object.entries(user).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]),
  );
}
