import type { Config } from '../../../lib/config.ts';
import type { Failure } from '../../../lib/records/failure.ts';
import { openQueue, type Queue } from '../../../operator/aws/queue.ts';
import { judge } from '../../../operator/letters/judge.ts';
import type { Letter } from '../../../operator/letters/letter.ts';
import { type Look, openLook } from '../../../operator/letters/look.ts';
import { isEmpty, type Selection, selects } from '../../../operator/letters/selection.ts';
import { outputOf, type Target } from '../../../operator/target.ts';
import { InputError } from '../../terminal/arguments.ts';
import type { Progress } from '../../terminal/progress.ts';
import { amount } from '../../terminal/text.ts';
import { untilInterrupted } from '../act.ts';
import { print } from '../print.ts';

export const openDeadLetters = (target: Target): Queue =>
  openQueue(outputOf(target, 'DeadLettersQueueUrl'), target.region);

export const openRequests = (target: Target): Queue =>
  openQueue(outputOf(target, 'RequestsQueueUrl'), target.region);

/** How many messages lie in a queue, read or not; about so many. */
export async function depthOf(queue: Queue): Promise<number> {
  const { visible, taken, delayed } = await queue.state();
  return visible + taken + delayed;
}

/** Why a letter cannot succeed as it is, by the function's own reader. */
export function refuserFor(config: Config): (letter: Letter) => Failure | undefined {
  return ({ body }) => {
    const judgement = judge(body, config, Date.now());
    return judgement.ok ? undefined : judgement.failure;
  };
}

/** An action on everything must be said in so many words. */
export function refuseEmpty(selection: Selection): void {
  if (isEmpty(selection))
    throw new InputError(
      'Say which letters: ids, --code, --provider, --connection, --remote, --before, --after, --match, or --all.',
    );
}

/** The letters of a selection, of which there should be few. */
export async function find(
  queue: Queue,
  selection: Selection,
  most: number,
): Promise<{ letters: Letter[]; seen: number }> {
  await using look = await openLook(queue, { signal: untilInterrupted() });
  const found: Letter[] = [];
  for await (const letters of look.letters()) {
    found.push(...letters.filter((letter) => selects(selection, letter)));
    if (found.length >= most) break;
  }
  return { letters: found.slice(0, most), seen: look.seen() };
}

export function tellSeen(progress: Progress, look: Look, inQueue: number): void {
  progress.show(() => `${amount(look.seen())} of about ${letterCount(Math.max(inQueue, look.seen()))} seen`);
}

/** As many letters, in words. */
export function letterCount(count: number): string {
  return count === 1 ? '1 letter' : `${amount(count)} letters`;
}

/** What others hold just now cannot be acted on, and that is no empty queue. */
export function tellUnseen(seen: number, inQueue: number): void {
  if (seen >= inQueue) return;
  print(
    `About ${amount(inQueue - seen)} more could not be seen: somebody holds them just now, for minutes at most.`,
  );
}

export const isoTime = (at: number): string => new Date(at).toISOString();
