import type { CompletedEvent, DeadLetteredEvent } from '../../lib/events/outcome-schemas.ts';
import { type AccountUser, isInTheWay } from './accounts.ts';
import type { Answer } from './answers.ts';
import { personIn, type Wanted } from './people.ts';
import type { ChaosRequest } from './requests.ts';

/** All that a run has left behind. */
export interface Remains {
  readonly requests: readonly ChaosRequest[];
  readonly answers: readonly Answer[];
  /** Nobody changes or deletes a user, so who is there at the end tells who was there before. */
  readonly users: readonly AccountUser[];
}

/** A request with what was told of it. */
export interface Case {
  readonly request: ChaosRequest;
  readonly answers: readonly Answer[];
  readonly completions: readonly CompletedEvent[];
  readonly deadLetters: readonly DeadLetteredEvent[];
}

/** A valid request that needs a certain user's key or e-mail. */
export interface Claim {
  readonly id: string;
  readonly wanted: Wanted;
}

/** What a run has left behind, in the order in which it is asked for. */
export interface Scene {
  readonly cases: readonly Case[];
  readonly usersById: ReadonlyMap<string, AccountUser>;
  /** Completions that tell to have created the user with this id. */
  createdAs(userId: string): readonly CompletedEvent[];
  claimsOn(user: AccountUser): readonly Claim[];
  /** Who holds the key or the e-mail that the request needs. */
  holdersOf(wanted: Wanted): readonly AccountUser[];
}

export function createScene({ requests, answers, users }: Remains): Scene {
  const answersById = Map.groupBy(answers, ({ requestId }) => requestId);
  const cases = requests.map((request) => caseOf(request, answersById.get(request.id) ?? []));
  const claims = requests.flatMap(({ id, wanted }): Claim[] => (wanted ? [{ id, wanted }] : []));
  const claimsByPerson = Map.groupBy(claims, ({ wanted }) => wanted.person);
  const usersByPerson = Map.groupBy(users, numberOf);
  const created = Map.groupBy(
    cases.flatMap(({ completions }) => completions.filter(({ data }) => data.result === 'created')),
    ({ data }) => data.user.id,
  );
  return {
    cases,
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

function caseOf(request: ChaosRequest, answers: readonly Answer[]): Case {
  const events = answers.flatMap(({ event }) => event ?? []);
  return {
    request,
    answers,
    completions: events.filter((event) => event.type === 'user.completed.v1'),
    deadLetters: events.filter((event) => event.type === 'user.dead_lettered.v1'),
  };
}
