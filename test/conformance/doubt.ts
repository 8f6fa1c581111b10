import { tries } from './case.ts';
import { all, fails, worksBut } from './faults.ts';
import { refusal, requestFor, type Subject, storedUser } from './subject.ts';

const MADE = { result: 'existing', calls: ['create', 'get'], users: 1 } as const;
const NOT_MADE = { remote: 'absent', delaySeconds: 15, calls: ['create', 'get', 'list'], users: 0 } as const;
const UNCLEAR = { code: 'provider_unavailable', remote: 'unknown', delaySeconds: 15 } as const;

/** The create may or may not have made the user. */
export function doubt(subject: Subject): void {
  const failing = (status: number) => refusal(subject, status);

  tries(subject, {
    'A user is found whose create was answered by a cut connection': {
      given: worksBut('create', 'reset'),
      ends: MADE,
    },
    'A user is found whose create was answered in part': {
      given: worksBut('create', 'truncate'),
      ends: MADE,
    },
    'A user is found whose create was not answered in time': {
      given: worksBut('create', 'hang'),
      impatient: true,
      ends: MADE,
    },
    'A user is found whose create was answered byte by byte without an end': {
      given: worksBut('create', 'drip'),
      impatient: true,
      ends: MADE,
    },
    'A create that is answered in part and did nothing is tried again later': {
      given: fails('create', 'truncate'),
      ends: { code: 'provider_unavailable', ...NOT_MADE },
    },
    'A create that is not answered in time and did nothing is tried again later': {
      given: fails('create', 'hang'),
      impatient: true,
      ends: { code: 'provider_unavailable', ...NOT_MADE },
    },
  });

  for (const status of [408, 499, 500, 502, 503, 504, 520]) {
    tries(subject, {
      [`A user is found whose create was answered by ${status}`]: {
        given: worksBut('create', failing(status)),
        ends: MADE,
      },
    });
  }
  for (const status of [408, 499, 500, 504, 520]) {
    tries(subject, {
      [`A create that is answered by ${status} and did nothing is tried again later`]: {
        given: fails('create', failing(status)),
        ends: { code: 'provider_unavailable', httpStatus: status, ...NOT_MADE },
      },
    });
  }

  tries(subject, {
    'A doubtful create stays in doubt where the look-up fails': {
      given: all(worksBut('create', failing(500)), fails('get', failing(500))),
      ends: { ...UNCLEAR, calls: ['create', 'get'], users: 1 },
    },
    'A doubtful create stays in doubt where the look-up is refused': {
      given: all(worksBut('create', failing(500)), fails('get', failing(400))),
      ends: { ...UNCLEAR, calls: ['create', 'get'], users: 1 },
    },
    'A doubtful create stays in doubt where the list of users fails': {
      given: all(fails('create', failing(500)), fails('list', failing(500), 9)),
      ends: { ...UNCLEAR, calls: ['create', 'get', 'list'], users: 0 },
    },
    'A look-up that is throttled after a doubtful create says when to come again': {
      given: all(
        worksBut('create', failing(500)),
        fails('get', refusal(subject, 429, { 'retry-after': '40' })),
      ),
      ends: { ...UNCLEAR, code: 'provider_throttled', delaySeconds: 40, calls: ['create', 'get'], users: 1 },
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
    },
    'A create that the deadline overtakes goes back at once and in doubt': {
      given: worksBut('create', 'hang'),
      remainingMs: 1000,
      ends: { code: 'out_of_time', remote: 'unknown', delaySeconds: 0, calls: ['create'], users: 1 },
    },
    'A create that the deadline overtook is found by the next delivery': {
      given: async (world, container) => {
        worksBut('create', 'hang')(world);
        await container.deliver(requestFor(subject), { remainingMs: 1000 });
      },
      ends: MADE,
    },
    'A create for which there is no time is not sent': {
      remainingMs: 100,
      ends: { code: 'out_of_time', remote: 'absent', later: 'unknown', delaySeconds: 0, calls: [], users: 0 },
    },
  });

  const broken = () => {
    throw new TypeError('a defect');
  };
  tries(
    { ...subject, provider: { ...subject.provider, readUser: broken } },
    {
      'A defect of ours while the answer is read leaves a doubt': {
        ends: { code: 'unexpected', remote: 'unknown', delaySeconds: 15, calls: ['create'], users: 1 },
      },
    },
  );
}
