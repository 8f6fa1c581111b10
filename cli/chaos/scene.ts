import type { CompletedEvent, DeadLetteredEvent } from '../../lib/events/outcome-schemas.ts';
import { type AccountUser, isInTheWay } from './accounts.ts';
import type { Answer } from './answers.ts';
import type { Observations, ProviderCall, RequestDelivery } from './observations.ts';
import { personIn, type Wanted } from './people.ts';
import type { ChaosRequest } from './requests.ts';

/** All that a run has left behind. */
export interface Remains extends Observations {
  readonly requests: readonly ChaosRequest[];
  readonly answers: readonly Answer[];
  /** Nobody changes or deletes a user, so who is there at the end tells who was there before. */
  readonly users: readonly AccountUser[];
  /** The receive on which Usher gives a request up. */
  readonly maxReceives: number;
}

/** A request with what was told of it. */
export interface Case {
  readonly request: ChaosRequest;
  /** Copies aside. */
  readonly answers: readonly Answer[];
  readonly completions: readonly CompletedEvent[];
  readonly deadLetters: readonly SentDeadLetter[];
  /** What the product got of them, in the completions queue. */
  readonly copies: readonly DeadLetteredEvent[];
  /** In their order. */
  readonly deliveries: readonly RequestDelivery[];
}

export interface SentDeadLetter extends DeadLetteredEvent {
  /** When SQS took it, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** One provider account with its credentials. */
export interface Account {
  readonly name: string;
  /** How often it was paused because its credentials were refused. */
  readonly pauses: number;
  /** How often its credentials were refused. */
  readonly refusals: number;
}

/** A valid request that needs a certain user's key or e-mail. */
export interface Claim {
  readonly id: string;
  readonly wanted: Wanted;
}

/** What a run has left behind, in the order in which it is asked for. */
export interface Scene {
  readonly cases: readonly Case[];
  readonly accounts: readonly Account[];
  readonly maxReceives: number;
  readonly usersById: ReadonlyMap<string, AccountUser>;
  /** Completions that tell to have created the user with this id. */
  createdAs(userId: string): readonly CompletedEvent[];
  claimsOn(user: AccountUser): readonly Claim[];
  /** Creates, look-ups and searches that name the user with this number, in their order. */
  callsAbout(person: number): readonly ProviderCall[];
  /** Who holds the key or the e-mail that the request needs. */
  holdersOf(wanted: Wanted): readonly AccountUser[];
}

export function createScene(remains: Remains): Scene {
  const { requests, answers, users, calls, deliveries, maxReceives } = remains;
  const answersById = Map.groupBy(answers, ({ requestId }) => requestId);
  const deliveriesById = Map.groupBy(deliveries, ({ requestId }) => requestId);
  const cases = requests.map((request) =>
    caseOf(request, answersById.get(request.id) ?? [], deliveriesById.get(request.id) ?? []),
  );
  const callsByPerson = Map.groupBy(calls, ({ person }) => person);
  const claims = requests.flatMap(({ id, wanted }): Claim[] => (wanted ? [{ id, wanted }] : []));
  const claimsByPerson = Map.groupBy(claims, ({ wanted }) => wanted.person);
  const usersByPerson = Map.groupBy(users, numberOf);
  const created = Map.groupBy(
    cases.flatMap(({ completions }) => completions.filter(({ data }) => data.result === 'created')),
    ({ data }) => data.user.id,
  );
  return {
    cases,
    accounts: accountsOf(remains),
    maxReceives,
    callsAbout: (person) => callsByPerson.get(person) ?? [],
    usersById: new Map(users.map((user) => [user.id, user])),
    createdAs: (userId) => created.get(userId) ?? [],
    claimsOn: (user) =>
      (claimsByPerson.get(numberOf(user) ?? 0) ?? []).filter(({ wanted }) => isInTheWay(user, wanted)),
    holdersOf: (wanted) =>
      (usersByPerson.get(wanted.person) ?? []).filter((user) => isInTheWay(user, wanted)),
  };
}

function numberOf({ key, email }: AccountUser): number | undefined {
  return personIn(`${key} ${email}`);
}

function accountsOf({ requests, calls, refusedPauses }: Remains): Account[] {
  const accountOf = new Map(requests.map(({ person, connection }) => [person, connection]));
  const refusals = calls.filter(({ answer }) => answer === 401);
  return [...new Set(requests.map(({ connection }) => connection))].map((name) => ({
    name,
    pauses: refusedPauses.filter((paused) => paused === name).length,
    refusals: refusals.filter(({ provider, person }) =>
      person === undefined ? name.startsWith(`${provider}/`) : accountOf.get(person) === name,
    ).length,
  }));
}

function caseOf(
  request: ChaosRequest,
  answers: readonly Answer[],
  deliveries: readonly RequestDelivery[],
): Case {
  const letters = answers.flatMap(({ event, sentAt, isCopy }) =>
    event?.type === 'user.dead_lettered.v1' ? { event, sentAt, isCopy } : [],
  );
  return {
    request,
    answers: answers.filter(({ isCopy }) => !isCopy),
    completions: answers.flatMap(({ event }) => (event?.type === 'user.completed.v1' ? event : [])),
    deadLetters: letters.filter(({ isCopy }) => !isCopy).map(({ event, sentAt }) => ({ ...event, sentAt })),
    copies: letters.filter(({ isCopy }) => isCopy).map(({ event }) => event),
    deliveries,
  };
}
