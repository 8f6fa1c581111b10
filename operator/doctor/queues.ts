import { oldestIn } from '../aws/alarms.ts';
import { openQueue, type QueueState } from '../aws/queue.ts';
import { QUEUES, type QueueName } from '../aws/queues.ts';
import { outputOf, type Target } from '../target.ts';
import { type Finding, ok, wrong } from './finding.ts';

const DAY_SECONDS = 86_400;
/** Requests that have waited longer than that are told, as the alarm does by default. */
const LONG_SECONDS = 3_600;
/** Less life than that is left to an unread answer, and somebody must hurry. */
const LITTLE_LIFE_SECONDS = 3 * DAY_SECONDS;

/** How much lies in each queue, for how long, and how long what is unread will live. */
export async function checkQueues(target: Target): Promise<Finding[]> {
  const names = Object.keys(QUEUES) as QueueName[];
  const urls = new Map(names.map((name) => [name, outputOf(target, QUEUES[name])]));
  const ages = await oldestIn([...urls.values()].map(nameIn), target.region);
  return Promise.all(
    [...urls].map(async ([name, url]) => {
      using queue = openQueue(url, target.region);
      return judge(name, await queue.state(), ages.get(nameIn(url)));
    }),
  );
}

const nameIn = (url: string) => url.slice(url.lastIndexOf('/') + 1);

function judge(name: QueueName, state: QueueState, oldest: number | undefined): Finding {
  const about = `queue ${name}`;
  const count = state.visible + state.taken + state.delayed;
  if (count === 0) return ok(about, 'empty');
  const age = oldest === undefined ? 'age not known yet' : `the oldest for ${duration(oldest)}`;
  const text = `about ${count} (${state.visible} waiting, ${state.taken} taken, ${state.delayed} delayed), ${age}`;
  const lifeLeft = oldest === undefined ? undefined : state.retentionSeconds - oldest;
  const life = lifeLeft === undefined ? '' : `; SQS drops it in ${duration(lifeLeft)}`;
  const isShortLived = lifeLeft !== undefined && lifeLeft < LITTLE_LIFE_SECONDS;
  switch (name) {
    case 'requests':
      if ((oldest ?? 0) < LONG_SECONDS) return ok(about, text);
      return wrong(about, text + life, 'see what they meet: usher follow ID, and the connections below');
    case 'requests-exhausted':
      return wrong(about, text, 'request-exhausted should empty it: see its trigger and its log');
    case 'completions':
      if (!isShortLived) return ok(about, text + life);
      return wrong(
        about,
        text + life,
        'see what reads the completions: it has stopped, or cannot finish one',
      );
    case 'dead-letters':
      return wrong(about, text + life, 'usher letters');
  }
}

/** Seconds for people. */
export function duration(seconds: number): string {
  const units = [
    [DAY_SECONDS, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  for (const [size, unit] of units) if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}
