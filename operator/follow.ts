import { isObject, type JsonObject } from '../lib/json.ts';
import { type LogLine, quoted, readLog } from './aws/log-lines.ts';
import type { Queue } from './aws/queue.ts';
import type { Letter } from './letters/letter.ts';
import { LookRefused, openLook } from './letters/look.ts';
import { outputOf, type Target } from './target.ts';

/** What became of a request, as far as it can be seen. */
export type Whereabouts =
  | 'completed'
  | 'dead-lettered'
  | 'being retried'
  | 'being handled'
  | 'waiting'
  | 'never seen';

/** What happened to one delivery of a request. */
export interface Step {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: string;
  readonly messageId: string | undefined;
  readonly receives: number | undefined;
  readonly code: string | undefined;
  readonly delaySeconds: number | undefined;
  readonly secret: string | undefined;
  readonly httpStatus: number | undefined;
  readonly invocationId: string | undefined;
}

/** Everything that is known about one request. */
export interface Story {
  readonly whereabouts: Whereabouts;
  readonly steps: readonly Step[];
  /** When it comes back, in milliseconds since 1970; of a request that is being retried. */
  readonly nextAt: number | undefined;
  /** Answers that nobody has taken from their queues yet. */
  readonly unread: readonly { readonly queue: 'completions' | 'dead-letters'; readonly letter: Letter }[];
  /** Queues that could not be looked into, with why. */
  readonly unseen: readonly string[];
  /** How many requests wait, of which this may be one. */
  readonly waiting: number;
}

export interface FollowOptions {
  readonly target: Target;
  /** The request's id, or the SQS message id of one of its deliveries. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly requests: Queue;
  readonly completions: Queue;
  readonly deadLetters: Queue;
  readonly signal?: AbortSignal;
}

/** Completions belong to the product: no more than these are looked at, and given back at once. */
const MOST_COMPLETIONS = 500;

export const logGroups = (target: Target) => [
  outputOf(target, 'UserRequestedLogGroupName'),
  outputOf(target, 'RequestExhaustedLogGroupName'),
];

/** Gathers what logs and queues tell of one request; takes nothing from anybody. */
export async function follow(options: FollowOptions): Promise<Story> {
  const { target, id, since, requests, completions, deadLetters, signal } = options;
  const [steps, { visible, taken, delayed }, ...looks] = await Promise.all([
    stepsOf(target, [id], since),
    requests.state(),
    unreadIn('dead-letters', deadLetters, id, {}, signal),
    unreadIn('completions', completions, id, { limit: MOST_COMPLETIONS }, signal),
  ]);
  const unread = looks.flatMap(({ found }) => found);
  const waiting = visible + taken + delayed;
  return {
    ...whereaboutsOf(steps, unread.length > 0 ? unread[0]?.letter : undefined, waiting),
    ...{ steps, unread, waiting },
    unseen: looks.flatMap(({ refused }) => refused ?? []),
  };
}

/** What the logs tell of requests, by request id or message id, in the order of time. */
export async function stepsOf(target: Target, ids: readonly string[], since: number): Promise<Step[]> {
  const { region } = target;
  const names = ids.map(quoted);
  const terms = names.flatMap((name) => [`$.requestId = ${name}`, `$.messageId = ${name}`]);
  // A pattern may have 1,024 characters; what it cannot say is sorted out here.
  const isSayable = !names.includes(undefined) && terms.join(' || ').length < 1_000;
  const pattern = isSayable ? `{ ${terms.join(' || ')} }` : '{ $.message = "request *" }';
  const lines = await readLog(logGroups(target), { pattern, since, region });
  const found = lines.filter(({ entry }) =>
    ids.some((id) => entry.requestId === id || entry.messageId === id),
  );
  return found.map(toStep);
}

function toStep({ at, entry }: LogLine): Step {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : undefined);
  const number = (name: string) => (typeof entry[name] === 'number' ? entry[name] : undefined);
  return {
    at,
    event: text('message') ?? '',
    messageId: text('messageId'),
    receives: number('receives'),
    code: text('code'),
    delaySeconds: number('delaySeconds'),
    secret: text('secret'),
    httpStatus: number('httpStatus'),
    invocationId: text('invocationId'),
  };
}

/** The last word of the log holds; an answer that lies in a queue is an answer, log or no log. */
function whereaboutsOf(
  steps: readonly Step[],
  unread: Letter | undefined,
  waiting: number,
): Pick<Story, 'whereabouts' | 'nextAt'> {
  const last = steps.at(-1);
  const answered = unread && (unread.kind === 'other' ? 'completed' : 'dead-lettered');
  switch (last?.event) {
    case 'request completed':
      return { whereabouts: 'completed', nextAt: undefined };
    case 'request dead-lettered':
      return { whereabouts: 'dead-lettered', nextAt: undefined };
    case 'request handed back':
      return { whereabouts: 'being retried', nextAt: last.at + (last.delaySeconds ?? 0) * 1000 };
    case undefined:
      return { whereabouts: answered ?? (waiting > 0 ? 'waiting' : 'never seen'), nextAt: undefined };
    default:
      return { whereabouts: answered ?? 'being handled', nextAt: undefined };
  }
}

async function unreadIn(
  name: 'completions' | 'dead-letters',
  queue: Queue,
  id: string,
  bounds: { readonly limit?: number },
  signal: AbortSignal | undefined,
) {
  const found: Story['unread'][number][] = [];
  try {
    await using look = await openLook(queue, { ...bounds, ...(signal && { signal }) });
    for await (const letters of look.letters()) {
      for (const letter of letters) if (isAbout(letter, id)) found.push({ queue: name, letter });
    }
    return { found };
  } catch (error) {
    if (error instanceof LookRefused) return { found, refused: error.message };
    throw error;
  }
}

function isAbout(letter: Letter, id: string): boolean {
  return letter.requestId === id || causeOf(letter) === id;
}

function causeOf({ body }: Letter): unknown {
  try {
    const event: unknown = JSON.parse(body);
    return isObject(event) ? (event as JsonObject).causationid : undefined;
  } catch {
    return undefined;
  }
}
