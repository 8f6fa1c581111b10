import { setTimeout as delay } from 'node:timers/promises';
import type { Message, Queue, Taken } from '../aws/queue.ts';
import { type Letter, readLetter } from './letter.ts';

export interface LookOptions {
  /** No more letters than that are taken. */
  readonly limit?: number;
  /** Ends the look early, with what was seen by then. */
  readonly signal?: AbortSignal;
}

/** A look through a queue: what it takes is hidden from everybody else, and given back at the end of the look. */
export interface Look extends AsyncDisposable {
  /** Every letter once, some at a time. */
  letters(): AsyncGenerator<Letter[]>;
  /** These are not given back at the end: somebody has deleted them. */
  forget(letters: Iterable<Taken>): void;
  /** How many letters were taken. */
  seen(): number;
}

/** A look that breaks off without giving back hides letters for no longer than this. */
const HIDDEN_SECONDS = 300;
const SIDE_BY_SIDE = 6;
/** A long poll asks all servers of SQS, a short one some of them. */
const LAST_WAIT_SECONDS = 1;
/** So many times in a row nothing but what was seen before, and the look is over. */
const ROUNDS_WITHOUT_NEWS = 3;
const DEFAULT_LIMIT = 100_000;

/** The queue moves letters elsewhere after some receives, and looking at them is a receive. */
export class LookRefused extends Error {}

/** Begins a look; fails with `LookRefused` where looking would use receives up. */
export async function openLook(
  queue: Queue,
  { limit = DEFAULT_LIMIT, signal }: LookOptions = {},
): Promise<Look> {
  const { movedAfter } = await queue.state();
  if (movedAfter !== undefined)
    throw new LookRefused(
      `${queue.url} has a redrive policy (after ${movedAfter} receives), and each look would cost its messages a receive.`,
    );
  const held = new Map<string, Taken>();
  const seen = new Set<string>();
  let isClosed = false;
  const isOver = () => seen.size >= limit || signal?.aborted === true;

  async function round(): Promise<Message[]> {
    const calls = Math.min(SIDE_BY_SIDE, Math.ceil((limit - seen.size) / 10));
    const short = await Promise.all(Array.from({ length: calls }, () => queue.receive(HIDDEN_SECONDS, 0)));
    const found = short.flat();
    return found.length > 0 || isOver() ? found : queue.receive(HIDDEN_SECONDS, LAST_WAIT_SECONDS);
  }

  /** What was hidden too long comes once more: with a new handle, and it is no news. */
  function news(messages: readonly Message[]): Message[] {
    const isNew = messages.filter(({ messageId }) => !seen.has(messageId));
    for (const { messageId, receiptHandle } of messages) {
      // No body: there may be very many of them, of a megabyte each.
      held.set(messageId, { messageId, receiptHandle });
      seen.add(messageId);
    }
    return isNew;
  }

  async function giveBack(): Promise<void> {
    isClosed = true;
    const messages = [...held.values()];
    held.clear();
    await queue.giveBack(messages);
  }

  return {
    async *letters() {
      let withoutNews = 0;
      while (!isOver() && withoutNews < ROUNDS_WITHOUT_NEWS) {
        const messages = await round();
        if (isClosed) {
          await queue.giveBack(messages);
          throw new Error('the look is over, and somebody looks on');
        }
        if (messages.length === 0) return;
        const letters = news(messages).map(readLetter);
        withoutNews = letters.length > 0 ? 0 : withoutNews + 1;
        if (letters.length > 0) yield letters;
      }
    },
    forget(letters) {
      for (const { messageId } of letters) held.delete(messageId);
    },
    seen: () => seen.size,
    [Symbol.asyncDispose]: giveBack,
  };
}

/** Waits, but no longer than until the signal. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { ...(signal && { signal }) }).catch(() => {});
}
