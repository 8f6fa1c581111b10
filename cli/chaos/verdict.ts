import { canonicalEmail } from '../../local/sandboxes/users.ts';
import type { AccountUser } from './accounts.ts';
import { type Answer, wordsFor } from './answers.ts';
import { costsOf, searchesOf } from './costs.ts';
import {
  RULES_FOR_ACCOUNTS,
  RULES_FOR_REFUSED,
  RULES_FOR_USERS,
  RULES_FOR_VALID,
  type Rule,
} from './rules.ts';
import { type Case, createScene, type Remains, type Scene } from './scene.ts';

/** What is wrong, and with which requests. */
export interface Finding {
  readonly kind: 'lost' | 'duplicate user' | 'contradictory outcome' | 'too many calls';
  readonly requests: readonly string[];
  readonly text: string;
}

/** What counts as a contradictory outcome, a line each. */
export const CONTRADICTIONS: readonly string[] = [
  ...new Set(
    [...RULES_FOR_VALID, ...RULES_FOR_REFUSED, ...RULES_FOR_USERS, ...RULES_FOR_ACCOUNTS].map(
      ({ never }) => never,
    ),
  ),
  'an outcome is no event of the contract, or answers a request that was never sent',
  'one outcome id stands for two requests',
];

/** What counts as too many calls, a line each. */
export const TOO_MANY_CALLS: readonly string[] = [
  'a user has cost more than 4 creates and look-ups for each delivery of its requests (one more for each answer that asks for one: a cut connection, refused credentials, a user who is not ready)',
  'a request that must be refused has cost a call',
  'a provider was searched for an e-mail more often than a create met somebody whom the look-up by key did not show',
];

/** Looks for every breach of the promise: exactly one user, and one answer, for every request, at a bounded price. */
export function judge(remains: Remains): Finding[] {
  const scene = createScene(remains);
  const { requests, answers, users } = remains;
  return [
    ...scene.cases.flatMap(lost),
    ...duplicates(users, scene),
    ...scene.cases.flatMap((each) => {
      const rules = each.request.wanted ? RULES_FOR_VALID : RULES_FOR_REFUSED;
      return contradictions(rules, each, scene, [each.request.id]);
    }),
    ...users.flatMap((user) => contradictions(RULES_FOR_USERS, user, scene, claimants(user, scene))),
    ...scene.accounts.flatMap((account) => contradictions(RULES_FOR_ACCOUNTS, account, scene, [])),
    ...dear(remains),
    ...strays(answers, new Set(requests.map(({ id }) => id))),
    ...sharedIds(answers),
  ];
}

/** Each message is answered before it is deleted, so there are as many outcomes as messages, or more. */
function lost({ request, answers }: Case): Finding[] {
  if (answers.length >= request.messages) return [];
  const text = `${answers.length} outcomes for ${request.messages} messages`;
  return [{ kind: 'lost', requests: [request.id], text }];
}

function duplicates(users: readonly AccountUser[], scene: Scene): Finding[] {
  const groups = [
    ...Map.groupBy(users, ({ provider, key }) => `${provider} key ${key}`),
    ...Map.groupBy(users, ({ provider, email }) => `${provider} e-mail ${canonicalEmail(email)}`),
  ];
  return groups.flatMap(([shared, [first, ...more]]) =>
    more.map((user): Finding => {
      const text = `${first?.id} and ${user.id} share the ${shared}`;
      return { kind: 'duplicate user', requests: claimants(user, scene), text };
    }),
  );
}

function claimants(user: AccountUser, { claimsOn }: Scene): string[] {
  return claimsOn(user).map(({ id }) => id);
}

function contradictions<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  scene: Scene,
  requests: readonly string[],
): Finding[] {
  const breaches = rules.flatMap((rule) => rule.breaches(subject, scene));
  return breaches.map((text) => ({ kind: 'contradictory outcome', requests, text }));
}

function dear(remains: Remains): Finding[] {
  const costs = costsOf(remains).filter(({ calls, mostCalls }) => calls > mostCalls);
  const searches = searchesOf(remains).filter((each) => each.searches > each.mostSearches);
  return [
    ...costs.map(({ requests, calls, mostCalls, deliveries }): Finding => {
      const text = `${calls} calls for ${deliveries} deliveries, which may cost ${mostCalls}`;
      return { kind: 'too many calls', requests, text };
    }),
    ...searches.map((each): Finding => {
      const text = `${each.searches} searches at ${each.provider} after ${each.mostSearches} conflicts`;
      return { kind: 'too many calls', requests: [], text };
    }),
  ];
}

function strays(answers: readonly Answer[], known: ReadonlySet<string>): Finding[] {
  return answers
    .filter(({ requestId = '' }) => !known.has(requestId))
    .map((answer) => {
      const text = `an answer to nobody: ${wordsFor(answer)}: ${answer.body.slice(0, 300)}`;
      return { kind: 'contradictory outcome', requests: [], text };
    });
}

function sharedIds(answers: readonly Answer[]): Finding[] {
  const byId = Map.groupBy(answers, ({ event }) => event?.id);
  return [...byId].flatMap(([id, alike]): Finding[] => {
    const requests = [...new Set(alike.flatMap(({ requestId }) => requestId ?? []))];
    if (id === undefined || requests.length < 2) return [];
    const text = `the outcome id ${id} stands for ${requests.length} requests`;
    return [{ kind: 'contradictory outcome', requests, text }];
  });
}
