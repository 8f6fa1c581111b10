import { tries } from './case.ts';
import { all, fails, type Given, worksBut } from './faults.ts';
import { otherUser, refusal, requestFor, type Subject, storedUser } from './subject.ts';

const MADE = { result: 'existing', calls: ['create', 'get'], users: 1 } as const;
const NOT_MADE = {
  code: 'provider_unavailable',
  remote: 'absent',
  delaySeconds: 15,
  calls: ['create', 'get'],
  users: 0,
} as const;

/** The create may or may not have made the user; whom the key shows decides. */
export function doubt(subject: Subject): void {
  const failing = (status: number) => refusal(subject, status);

  tries(subject, {
    'A user is found whose create was answered by a cut connection': {
      given: worksBut('create', 'reset'),
      ends: MADE,
      later: { ...MADE, calls: ['get', 'create', 'get'] },
    },
    'A user is found whose create was answered in part': {
      given: worksBut('create', 'truncate'),
      ends: MADE,
    },
    'A user is found whose create was not answered in time': {
      given: worksBut('create', 'hang'),
      hanging: 'create',
      ends: MADE,
    },
    'A user is found whose create was answered byte by byte without an end': {
      given: worksBut('create', 'drip'),
      hanging: 'create',
      ends: MADE,
    },
    'A create that is answered in part and did nothing is tried again later': {
      given: fails('create', 'truncate'),
      ends: NOT_MADE,
    },
    'A create that is not answered in time and did nothing is tried again later': {
      given: fails('create', 'hang'),
      hanging: 'create',
      ends: NOT_MADE,
    },
  });

  for (const status of [408, 499, 500, 502, 503, 504, 520, 599]) {
    tries(subject, {
      [`A user is found whose create was answered by ${status}`]: {
        given: worksBut('create', failing(status)),
        ends: MADE,
      },
    });
  }
  for (const status of [408, 499, 500, 504, 520, 599]) {
    tries(subject, {
      [`A create that is answered by ${status} and did nothing is tried again later`]: {
        given: fails('create', failing(status)),
        ends: { ...NOT_MADE, httpStatus: status },
      },
    });
  }

  tries(subject, {
    'Of many users none is listed after a doubtful create': {
      given: all(amongMany(subject), fails('create', failing(500))),
      ends: { ...NOT_MADE, users: MANY },
    },
    'A doubtful create that meets another user under its key is a conflict': {
      given: all(fails('create', failing(500)), ({ sandbox }) => {
        sandbox.addUser(storedUser(subject, { email: subject.others.email }));
      }),
      ends: {
        code: 'user_conflict',
        remote: 'present',
        differences: ['email'],
        calls: ['create', 'get'],
        users: 1,
      },
      later: { calls: ['get'] },
    },
    'A doubtful create does not ask for another user who holds the e-mail': {
      given: all(fails('create', failing(500)), ({ sandbox }) => {
        sandbox.addUser(storedUser(subject, { [subject.provider.keyField]: 'somebody-else' }));
      }),
      ends: { ...NOT_MADE, users: 1 },
    },
    'A create that the deadline overtakes goes back at once and in doubt': {
      given: overtaken,
      hanging: 'create',
      remainingMs: 10_000,
      ends: { code: 'out_of_time', remote: 'unknown', delaySeconds: 0, calls: ['create'], users: 1 },
    },
    'A create that the deadline overtook is found by the next delivery': {
      given: async (world, container) => {
        overtaken(world);
        await container.deliver(requestFor(subject), { remainingMs: 10_000 });
      },
      hanging: 'create',
      ends: MADE,
      later: { ...MADE, calls: ['get'] },
    },
    'A request for which there is no time makes no call': {
      remainingMs: 100,
      ends: { code: 'out_of_time', remote: 'absent', delaySeconds: 0, calls: [], users: 0 },
      later: { remote: 'unknown', calls: [] },
    },
    'A create is not sent with less than a second left, though a look-up is': {
      remainingMs: 1_300,
      ends: { code: 'out_of_time', remote: 'absent', delaySeconds: 0, calls: [], users: 0 },
    },
    'A create is sent with a second left': {
      remainingMs: 1_334,
      ends: { result: 'created', calls: ['create'], users: 1 },
      later: { result: 'created', calls: ['get', 'create'], users: 1 },
    },
  });

  const { readUser } = subject.provider;
  const broken: typeof readUser = (answer) => {
    if (answer.method === 'POST') throw new TypeError('a defect');
    return readUser(answer);
  };
  tries(
    { ...subject, provider: { ...subject.provider, readUser: broken } },
    {
      'A defect of ours while the answer is read is told, whoever is found then': {
        ends: { code: 'unexpected', remote: 'present', delaySeconds: 15, calls: ['create', 'get'], users: 1 },
      },
    },
  );
}

/** The time is up while the provider works on the create, whose answer nobody hears. */
const overtaken: Given = ({ sandbox, clock }) => {
  const when = () => {
    clock.skip(60_000);
    return true;
  };
  sandbox.inject('create', { applied: true, reply: 'hang', when });
};

const MANY = 5_000;

/** An account that is no longer small. */
export function amongMany(subject: Subject): Given {
  return ({ sandbox }) => {
    for (let index = 0; index < MANY; index++) sandbox.addUser(otherUser(subject, index));
  };
}
