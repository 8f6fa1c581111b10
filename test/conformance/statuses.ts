import { tries } from './case.ts';
import { all, fails, type Given, worksBut } from './faults.ts';
import { looksByPath, refusal, type Subject, storedUser, vainSearch } from './subject.ts';

/** What a status means wherever it comes. */
interface Meaning {
  readonly code: string;
  readonly delaySeconds: number;
}

const UNAUTHORIZED: Meaning = { code: 'provider_unauthorized', delaySeconds: 60 };
const CAPACITY: Meaning = { code: 'provider_capacity', delaySeconds: 60 };
const NOT_FOUND: Meaning = { code: 'provider_not_found', delaySeconds: 60 };
const THROTTLED: Meaning = { code: 'provider_throttled', delaySeconds: 15 };
const UNAVAILABLE: Meaning = { code: 'provider_unavailable', delaySeconds: 15 };
const INVALID: Meaning = { code: 'provider_invalid_response', delaySeconds: 15 };

/** What any call means by a status, but for those that a table below has. */
const ANYWHERE: readonly (readonly [number, Meaning])[] = [
  [300, INVALID],
  [401, UNAUTHORIZED],
  [402, CAPACITY],
  [407, UNAUTHORIZED],
  [408, UNAVAILABLE],
  [412, CAPACITY],
  [421, UNAVAILABLE],
  [425, UNAVAILABLE],
  [429, THROTTLED],
  [499, UNAVAILABLE],
  [500, UNAVAILABLE],
  [599, UNAVAILABLE],
  [999, INVALID],
];

/** Refusals that would end a request in which a create meets them. */
const FINAL = [400, 415, 422, 451, 501];

/** Each status to each kind of call. */
export function statuses(subject: Subject): void {
  toCreates(subject, statusOf(subject));
  toLooks(subject, statusOf(subject));
  if (looksByPath(subject)) toPaths(subject, statusOf(subject));
  toLists(subject, statusOf(subject));
}

type Operation = 'create' | 'get' | 'list';

function statusOf(subject: Subject) {
  return {
    answering: (status: number) => refusal(subject, status),
    always: (operation: Operation, status: number) => fails(operation, refusal(subject, status), 9),
    /** Fresh credentials are tried where a call was refused and there are such; a look-up asks for them by a 401 or 407. */
    triesOf: (operation: Operation, status: number): string[] =>
      subject.usesTokens && [401, 403, 407].includes(status) && !(operation !== 'create' && status === 403)
        ? [operation, operation]
        : [operation],
  };
}

type Status = ReturnType<typeof statusOf>;

function toCreates(subject: Subject, { answering, always, triesOf }: Status): void {
  for (const [status, meaning] of [...ANYWHERE, ...[404, 405, 410].map((one) => [one, NOT_FOUND] as const)]) {
    if (isDoubtful(status)) continue;
    tries(subject, {
      [`A ${status} to a create makes no user`]: {
        given: always('create', status),
        ends: {
          ...meaning,
          httpStatus: status,
          remote: 'absent',
          calls: triesOf('create', status),
          users: 0,
        },
      },
    });
  }
  for (const [status, meaning] of ANYWHERE) {
    if (!isDoubtful(status)) continue;
    tries(subject, {
      [`A ${status} to a create leaves a doubt`]: {
        given: always('create', status),
        ends: { ...meaning, remote: 'absent', calls: ['create', 'get'], users: 0 },
      },
    });
  }
  tries(subject, {
    'A 403 to a create makes no user': {
      given: always('create', 403),
      ends: { ...UNAUTHORIZED, httpStatus: 403, remote: 'absent', calls: triesOf('create', 403), users: 0 },
    },
  });
  for (const status of FINAL) {
    tries(subject, {
      [`A ${status} to a create ends the request`]: {
        given: fails('create', answering(status)),
        ends: {
          code: 'provider_rejected',
          httpStatus: status,
          remote: 'absent',
          calls: ['create'],
          users: 0,
        },
      },
    });
  }
}

const UNKNOWN = { remote: 'unknown', users: 1 } as const;

/** A create that may have made the user, and did. */
function doubtfulCreate({ answering }: Status): Given {
  return worksBut('create', answering(500));
}

function toLooks(subject: Subject, status: Status): void {
  const { always, triesOf } = status;
  for (const [code, meaning] of [
    ...ANYWHERE,
    ...(looksByPath(subject) ? [405, 409, ...FINAL] : []).map((one) => [one, UNAVAILABLE] as const),
  ]) {
    // Of two failures the table tells the first.
    const first = meaning === INVALID ? UNAVAILABLE : meaning;
    tries(subject, {
      [`A ${code} to a look-up by key leaves the doubt of a create, and keeps a later one from being sent`]: {
        given: all(doubtfulCreate(status), always('get', code)),
        ends: { ...first, ...UNKNOWN, calls: ['create', ...triesOf('get', code)] },
        later: { ...meaning, calls: triesOf('get', code), users: 0 },
      },
    });
  }
}

/** A look-up by the path of one user can show that there is none, or nothing. */
function toPaths(subject: Subject, status: Status): void {
  const { always } = status;
  const doubtful = doubtfulCreate(status);
  for (const code of [404, 410]) {
    tries(subject, {
      [`A ${code} to a look-up by key shows nobody`]: {
        given: all(doubtful, always('get', code)),
        ends: { ...UNAVAILABLE, remote: 'absent', calls: ['create', 'get'], users: 1 },
      },
    });
  }
  tries(subject, {
    'A 403 to a look-up by key shows nothing either way': {
      given: all(doubtful, always('get', 403)),
      ends: { ...UNAVAILABLE, ...UNKNOWN, calls: ['create', 'get'] },
    },
    'A 403 to a look-up by key leaves unknown what a refused create would not have made': {
      given: all(always('create', 422), always('get', 403)),
      ends: { code: 'provider_rejected', remote: 'absent', calls: ['create'], users: 0 },
      later: { remote: 'unknown' },
    },
    'A 403 to a look-up by key keeps no user from being created': {
      given: always('get', 403),
      ends: { result: 'created', calls: ['create'], users: 1 },
      later: { result: 'created', calls: ['get', 'create'], users: 1 },
    },
  });
}

/** Each status to the list after a conflict. */
function toLists(subject: Subject, { always, triesOf }: Status): void {
  const conflict: Given = ({ sandbox }) => void sandbox.addUser(storedUser(subject), { visible: false });
  for (const [status, meaning] of [...ANYWHERE, ...[404, 405, 410].map((one) => [one, NOT_FOUND] as const)]) {
    tries(subject, {
      [`A ${status} to the list after a conflict is tried again later`]: {
        given: all(conflict, always('list', status)),
        ends: { ...meaning, ...UNKNOWN, calls: ['create', 'get', ...triesOf('list', status)] },
      },
    });
  }
  const lists = vainSearch(subject);
  for (const status of [403, 409, ...FINAL]) {
    tries(subject, {
      [`A ${status} to the list after a conflict shows nothing`]: {
        given: all(conflict, always('list', status)),
        ends: { code: 'provider_pending', ...UNKNOWN, delaySeconds: 10, calls: ['create', 'get', ...lists] },
        later: { code: 'user_conflict', delaySeconds: undefined },
      },
    });
  }
}

function isDoubtful(status: number): boolean {
  return status < 400 || status > 499 || status === 408 || status === 499;
}
