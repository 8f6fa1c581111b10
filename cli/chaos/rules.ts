import { type AccountUser, differencesFrom, hasKeyOf, isWanted } from './accounts.ts';
import type { ProviderCall } from './observations.ts';
import { isRefusedByUsher } from './requests.ts';
import type { Account, Case, Scene } from './scene.ts';

/** One way in which what was told can contradict itself or the truth. */
export interface Rule<Subject> {
  /** What must not be; for people. */
  readonly never: string;
  /** Each breach in words. */
  readonly breaches: (subject: Subject, scene: Scene) => readonly string[];
}

const severalIds: Rule<Case> = {
  never: 'outcomes of one request and one type have different ids',
  breaches: ({ completions, deadLetters }) =>
    [completions, deadLetters].flatMap((alike) => {
      const ids = new Set(alike.map(({ id }) => id));
      return ids.size > 1 ? [`outcomes of one type under ${ids.size} ids: ${[...ids].join(', ')}`] : [];
    }),
};

const defects: Rule<Case> = {
  never: 'a dead letter tells of a defect of Usher (unexpected)',
  breaches: ({ deadLetters }) =>
    deadLetters.some(({ data }) => data.failure.code === 'unexpected') ? ['tells of a defect of Usher'] : [],
};

const severalUsers: Rule<Case> = {
  never: 'completions of one request name different users',
  breaches: ({ completions }) => {
    const ids = new Set(completions.map(({ data }) => data.user.id));
    return ids.size > 1 ? [`completed with ${ids.size} users: ${[...ids].join(', ')}`] : [];
  },
};

const wrongUser: Rule<Case> = {
  never:
    'a completion names a user who does not exist, or who differs from the request in identity or privilege',
  breaches: ({ request: { wanted }, completions }, { usersById }) =>
    completions.flatMap(({ data }) => {
      const user = usersById.get(data.user.id);
      if (user === undefined) return [`completed with ${data.user.id}, who does not exist`];
      if (wanted && isWanted(user, wanted)) return [];
      return [`completed with ${user.id}, who is not the user that it asks for`];
    }),
};

const wrongDifferences: Rule<Case> = {
  never: 'a completion tells other descriptive differences than there are',
  breaches: ({ request: { wanted }, completions }, { usersById }) =>
    completions.flatMap(({ data: { result, user: told, differences } }) => {
      const user = usersById.get(told.id);
      if (!user || !wanted) return [];
      const real = result === 'created' ? [] : differencesFrom(user, wanted);
      const [one, other] = [differences, real].map((names) => names.toSorted().join(', '));
      return one === other
        ? []
        : [`${result}, and tells the differences [${one}] where there are [${other}]`];
    }),
};

const completedAndFinal: Rule<Case> = {
  never:
    'a request is completed and also has a dead letter that is not an exhausted one (of an exhausted one the completion holds)',
  breaches: ({ completions, deadLetters }) => {
    const final = deadLetters.find(({ data }) => !data.failure.exhausted);
    if (final === undefined || completions.length === 0) return [];
    return [`completed, and dead-lettered as ${final.data.failure.code}`];
  },
};

const notCopied: Rule<Case> = {
  never:
    'a dead letter is with the operators and no copy of it with the product, or the other way round (but where the request was completed after all)',
  breaches: ({ completions, deadLetters, copies }) => {
    if (completions.length > 0) return [];
    const [kept, copied] = [deadLetters, copies].map((letters) => new Set(letters.map(({ id }) => id)));
    const alone = [...(kept?.symmetricDifference(copied ?? new Set()) ?? [])];
    return alone.map((id) => `the dead letter ${id} is in one of the two queues alone`);
  },
};

const groundlessRefusal: Rule<Case> = {
  never: 'a valid request is dead-lettered for good as anything but user_conflict',
  breaches: ({ deadLetters }) =>
    deadLetters
      .filter(({ data: { failure } }) => !failure.exhausted && failure.code !== 'user_conflict')
      .map(({ data }) => `nothing is wrong with it, but it is dead-lettered as ${data.failure.code}`),
};

const groundlessConflict: Rule<Case> = {
  never: 'user_conflict is told, but nobody else holds the key or the e-mail',
  breaches: ({ request: { wanted }, deadLetters }, { holdersOf }) => {
    const isTold = deadLetters.some(({ data }) => data.failure.code === 'user_conflict');
    if (!isTold || !wanted || holdersOf(wanted).some((user) => !isWanted(user, wanted))) return [];
    return ['dead-lettered as user_conflict, but nobody is in its way'];
  },
};

const presentButMissing: Rule<Case> = {
  never: 'a dead letter tells remote: present, but there is no user under the key',
  breaches: ({ request: { wanted }, deadLetters }, { holdersOf }) => {
    const isTold = deadLetters.some(({ data }) => data.remote === 'present');
    if (!isTold || !wanted || holdersOf(wanted).some((user) => hasKeyOf(user, wanted))) return [];
    return ['tells remote: present, but there is no such user'];
  },
};

const absentButThere: Rule<Case> = {
  never:
    'a dead letter tells remote: absent, but the user was there by then, no look-up was told otherwise, and no other message has asked for it',
  breaches: ({ request, deadLetters }, { holdersOf, claimsOn, callsAbout }) => {
    const { wanted, messages } = request;
    const mine = wanted && holdersOf(wanted).find((user) => isWanted(user, wanted));
    if (!mine || mine.isStranger || messages > 1 || claimsOn(mine).length > 1) return [];
    const wasHidden = callsAbout(wanted.person).some((call) => call.showsNobody && call.at >= mine.madeAt);
    if (wasHidden) return [];
    return deadLetters
      .filter(({ data, sentAt }) => data.remote === 'absent' && mine.madeAt < sentAt)
      .map(() => `tells remote: absent, but ${mine.id} is there, and nobody else has asked for it`);
  },
};

const absentUnseen: Rule<Case> = {
  never:
    'a dead letter of a later receive tells remote: absent, but that delivery has seen no look-up show nobody',
  breaches: ({ request, deadLetters, deliveries }, { callsAbout }) =>
    deadLetters
      .filter(({ data: { remote, attempts } }) => remote === 'absent' && attempts > 1)
      .filter(({ data: { attempts }, sentAt }) => {
        const from = deliveries.find(({ receive }) => receive === attempts)?.at ?? sentAt;
        return !callsAbout(request.person).some(
          (call) => call.showsNobody && call.at >= from && call.at <= sentAt,
        );
      })
      .map(({ data }) => `tells remote: absent on receive ${data.attempts} without having looked`),
};

const exhaustedTooSoon: Rule<Case> = {
  never: 'a dead letter is an exhausted one (but for delivery_exhausted) before the last receive',
  breaches: ({ deadLetters }, { maxReceives }) =>
    deadLetters
      .filter(({ data: { failure } }) => failure.exhausted && failure.code !== 'delivery_exhausted')
      .filter(({ data }) => data.attempts < maxReceives)
      .map(({ data }) => `given up as ${data.failure.code} on receive ${data.attempts} of ${maxReceives}`),
};

const pendingButNobody: Rule<Case> = {
  never: 'provider_pending is told, but nobody holds the key or the e-mail, or with remote: absent',
  breaches: ({ request: { wanted }, deadLetters }, { holdersOf }) => {
    const told = deadLetters.filter(({ data }) => data.failure.code === 'provider_pending');
    const isNobody = wanted === undefined || holdersOf(wanted).length === 0;
    return told
      .filter(({ data }) => isNobody || data.remote === 'absent')
      .map(
        ({ data }) =>
          `dead-lettered as provider_pending, remote ${data.remote}, of ${isNobody ? 'nobody' : 'somebody'}`,
      );
  },
};

const createdUnanswered: Rule<Case> = {
  never: 'created is told, but no create of the user was answered with a success that shows it',
  breaches: ({ request, completions }, { callsAbout }) => {
    const isTold = completions.some(({ data }) => data.result === 'created');
    if (!isTold || callsAbout(request.person).some(showsNewUser)) return [];
    return ['tells that it created its user, but no answer has shown it'];
  },
};

function showsNewUser({ operation, answer, isOwn }: ProviderCall): boolean {
  return operation === 'create' && isOwn && (answer === 200 || answer === 201);
}

const otherReason: Rule<Case> = {
  never:
    'a request that must be refused is dead-lettered for another reason (but for delivery_exhausted; one that a firewall refuses may be exhausted by anything that its last receive meets)',
  breaches: ({ request, deadLetters }) =>
    deadLetters
      .filter(({ data: { failure } }) => failure.code !== 'delivery_exhausted')
      .filter(({ data: { failure } }) =>
        isRefusedByUsher(request) ? failure.code !== request.refusal : !failure.exhausted,
      )
      .map(({ data }) => `dead-lettered as ${data.failure.code} instead of ${request.refusal}`),
};

const completedAgainstRules: Rule<Case> = {
  never: 'a request that must be refused is completed, or tells remote: present',
  breaches: ({ completions, deadLetters }) => [
    ...(completions.length > 0 ? ['completed, but it must be refused'] : []),
    ...(deadLetters.some(({ data }) => data.remote === 'present') ? ['refused, but remote: present'] : []),
  ],
};

const createdTwice: Rule<AccountUser> = {
  never:
    'created is told twice of one user, or of one who was there before (the very same event may come twice)',
  breaches: ({ id, isStranger }, { createdAs }) => {
    const events = new Set(createdAs(id).map((event) => JSON.stringify(event)));
    return events.size > (isStranger ? 0 : 1) ? [`${events.size} outcomes tell that they created ${id}`] : [];
  },
};

const unasked: Rule<AccountUser> = {
  never: 'a user exists whom no valid request asks for',
  breaches: (user, { claimsOn }) => {
    const isAskedFor = claimsOn(user).some(({ wanted }) => isWanted(user, wanted));
    return user.isStranger || isAskedFor ? [] : [`${user.id} exists, but nobody has asked for it`];
  },
};

const pausedForOne: Rule<Account> = {
  never: 'a connection is paused for refused credentials more often than credentials were refused (401)',
  breaches: ({ name, pauses, refusals }) =>
    pauses > refusals ? [`${name} was paused ${pauses} times after ${refusals} refusals`] : [],
};

/** What holds for a request whose user may be made. */
export const RULES_FOR_VALID: readonly Rule<Case>[] = [
  ...[severalIds, severalUsers, wrongUser, wrongDifferences, completedAndFinal, groundlessRefusal],
  ...[groundlessConflict, presentButMissing, absentButThere, absentUnseen, pendingButNobody],
  ...[createdUnanswered, exhaustedTooSoon, defects, notCopied],
];

/** What holds for a request that is malformed, forbidden or too late. */
export const RULES_FOR_REFUSED: readonly Rule<Case>[] = [
  ...[severalIds, otherReason, completedAgainstRules, absentUnseen, exhaustedTooSoon, notCopied],
];

/** What holds for a user at a provider. */
export const RULES_FOR_USERS: readonly Rule<AccountUser>[] = [createdTwice, unasked];

/** What holds for a connection. */
export const RULES_FOR_ACCOUNTS: readonly Rule<Account>[] = [pausedForOne];
