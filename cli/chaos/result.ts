import type { Answer } from './answers.ts';
import type { CallFigures } from './costs.ts';
import type { Journal } from './journal.ts';
import type { ChaosRequest } from './requests.ts';
import type { Tally } from './tally.ts';
import type { Finding } from './verdict.ts';

/** What a run has shown; with `--json` it is printed as it is. */
export interface ChaosResult {
  readonly requests: number;
  readonly messages: number;
  /** Records handed to a function. */
  readonly deliveries: number;
  /** Containers killed, by function. */
  readonly kills: Tally[string];
  readonly invocations: {
    /** Ended with their container. */
    readonly cutShort: number;
    /** Ended by the function's time-out. */
    readonly timedOut: number;
  };
  readonly calls: CallFigures;
  readonly faults: Tally;
  /** Outcome events as they came, repeated ones included, copies of dead letters for the product aside. */
  readonly outcomes: number;
  readonly distinctOutcomes: DistinctOutcomes;
  readonly lost: number;
  readonly duplicateUsers: number;
  readonly contradictoryOutcomes: number;
  readonly tooManyCalls: number;
  readonly seed: number;
  readonly elapsedMs: number;
  /** The first of them, with all that happened to their requests. */
  readonly findings: readonly ToldFinding[];
}

/** Outcomes as a consumer counts them that keeps the ids it has seen. */
export interface DistinctOutcomes {
  readonly completed: number;
  readonly deadLettered: Readonly<Record<string, number>>;
  /** Requests that have one of each. */
  readonly both: number;
}

export interface ToldFinding extends Finding {
  readonly stories: readonly Story[];
}

export interface Story {
  readonly request: string;
  readonly body: string;
  readonly events: readonly string[];
}

const MOST_FINDINGS = 20;
const MOST_STORIES = 5;

/** How much is wrong. */
export function findingsIn(result: Findings): number {
  return result.lost + result.duplicateUsers + result.contradictoryOutcomes + result.tooManyCalls;
}

export function distinctOutcomes(answers: readonly Answer[]): DistinctOutcomes {
  const byId = Map.groupBy(
    answers.flatMap(({ event }) => event ?? []),
    ({ id }) => id,
  );
  const events = [...byId.values()].flatMap(([first]) => first ?? []);
  const completed = events.filter((event) => event.type === 'user.completed.v1');
  const dead = events.filter((event) => event.type === 'user.dead_lettered.v1');
  const byCode = Map.groupBy(dead, ({ data }) => data.failure.code);
  const completedRequests = new Set<string | undefined>(completed.map(({ causationid }) => causationid));
  return {
    completed: completed.length,
    deadLettered: Object.fromEntries([...byCode].map(([code, alike]) => [code, alike.length]).sort()),
    both: dead.filter(({ causationid }) => completedRequests.has(causationid)).length,
  };
}

type Findings = Pick<ChaosResult, 'lost' | 'duplicateUsers' | 'contradictoryOutcomes' | 'tooManyCalls'>;

/** How many there are of each kind, and the first of them with their stories. */
export function concluded(
  findings: readonly Finding[],
  requests: readonly ChaosRequest[],
  journal: Journal,
): Findings & Pick<ChaosResult, 'findings'> {
  const countOf = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  const requestsById = new Map(requests.map((request) => [request.id, request]));
  const storyOf = (id: string): Story => {
    const { body = '', person } = requestsById.get(id) ?? {};
    return { request: id, body, events: journal.story(id, person) };
  };
  return {
    lost: countOf('lost'),
    duplicateUsers: countOf('duplicate user'),
    contradictoryOutcomes: countOf('contradictory outcome'),
    tooManyCalls: countOf('too many calls'),
    findings: findings.slice(0, MOST_FINDINGS).map((finding) => ({
      ...finding,
      stories: finding.requests.slice(0, MOST_STORIES).map(storyOf),
    })),
  };
}
