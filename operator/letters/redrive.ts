import type { Failure } from '../../lib/records/failure.ts';
import type { Queue } from '../aws/queue.ts';
import { inBatches } from './batches.ts';
import type { Letter } from './letter.ts';
import { type Look, pause } from './look.ts';
import { type Selection, selects } from './selection.ts';

export interface RedriveOptions {
  readonly look: Look;
  readonly letters: Queue;
  readonly requests: Queue;
  readonly selection: Selection;
  /** Why a letter cannot succeed as it is; such a letter stays. */
  readonly refuse: (letter: Letter) => Failure | undefined;
  /** No more letters than that go back. */
  readonly limit?: number | undefined;
  /** Letters a second. */
  readonly rate?: number | undefined;
  /** Sends one letter first, and goes on only where this says so; gets the id of its message. */
  readonly probe?: ((messageId: string) => Promise<boolean>) | undefined;
  /** Ends it after the batch that is at work. */
  readonly signal?: AbortSignal | undefined;
  /** Told of letters that went back. */
  readonly onRedriven?: ((letters: readonly Letter[]) => Promise<void>) | undefined;
}

export interface RedriveReport {
  seen: number;
  selected: number;
  /** Confirmed by SQS and deleted. */
  redriven: number;
  /** Confirmed by SQS, and still in the dead-letter queue as well: they may go back once more, which is harmless. */
  leftBehind: number;
  /** Not taken by SQS; they stay. */
  failed: number;
  /** Those that cannot succeed, by the code of why. */
  refused: Map<string, number>;
  ended: 'at work' | 'done' | 'limit' | 'stopped' | 'probe failed';
}

/**
 * Brings selected letters back, whole: each is sent, and deleted once SQS has confirmed it. Whenever it breaks off, no
 * letter is lost, and running it again goes on. Yields the report as it grows.
 */
export async function* redrive(options: RedriveOptions): AsyncGenerator<RedriveReport> {
  const { rate, signal, probe } = options;
  const report = emptyReport();
  const pace = createPace(rate, signal);

  for await (const { batch, isProbe } of batchesOf(options, report)) {
    await pace(batch.length);
    if (signal?.aborted) break;
    const [id] = await sendBack(batch, options, report);
    yield report;
    const isWell = !isProbe || (id !== undefined && (await probe?.(id)));
    if (!isWell) {
      report.ended = 'probe failed';
      break;
    }
  }
  report.ended = howItEnded(options, report);
  yield report;
}

interface Batch {
  readonly batch: readonly Letter[];
  /** The first letter, of which the rest depends. */
  readonly isProbe: boolean;
}

/** The letters that are to go back, as they are seen, up to the limit. */
async function* batchesOf(options: RedriveOptions, report: RedriveReport): AsyncGenerator<Batch> {
  const { look, selection, refuse, rate, signal, limit = Number.POSITIVE_INFINITY } = options;
  let isProbe = options.probe !== undefined;
  let left = limit;
  for await (const letters of look.letters()) {
    const wanted = letters.filter((letter) => selects(selection, letter));
    report.selected += wanted.length;
    report.seen = look.seen();
    let ready = wanted.filter((letter) => !isRefused(letter, refuse, report)).slice(0, left);
    left -= ready.length;
    if (isProbe && ready.length > 0) {
      yield { batch: ready.slice(0, 1), isProbe };
      ready = ready.slice(1);
      isProbe = false;
    }
    for (const batch of inBatches(ready, rate)) yield { batch, isProbe };
    if (left === 0 || signal?.aborted) return;
  }
}

function howItEnded({ signal, limit }: RedriveOptions, report: RedriveReport): RedriveReport['ended'] {
  if (signal?.aborted) return 'stopped';
  if (report.ended === 'probe failed') return report.ended;
  const { redriven, leftBehind, failed } = report;
  return redriven + leftBehind + failed === limit ? 'limit' : 'done';
}

function emptyReport(): RedriveReport {
  return {
    seen: 0,
    selected: 0,
    redriven: 0,
    leftBehind: 0,
    failed: 0,
    refused: new Map(),
    ended: 'at work',
  };
}

function isRefused(letter: Letter, refuse: RedriveOptions['refuse'], { refused }: RedriveReport): boolean {
  const failure = refuse(letter);
  if (failure === undefined) return false;
  refused.set(failure.code, (refused.get(failure.code) ?? 0) + 1);
  return true;
}

/** The ids of the messages that SQS has confirmed. */
async function sendBack(
  batch: readonly Letter[],
  { look, letters, requests, onRedriven }: RedriveOptions,
  report: RedriveReport,
): Promise<(string | undefined)[]> {
  const ids = await requests.send(batch);
  const confirmed = batch.filter((_, at) => ids[at] !== undefined);
  report.failed += batch.length - confirmed.length;
  const deleted = await letters.delete(confirmed);
  look.forget(deleted);
  report.redriven += deleted.size;
  report.leftBehind += confirmed.length - deleted.size;
  await onRedriven?.(confirmed);
  return ids;
}

/** Waits so that no more than `rate` letters a second go. */
function createPace(rate: number | undefined, signal: AbortSignal | undefined) {
  let nextAt = 0;
  return async (count: number) => {
    if (rate === undefined) return;
    const now = performance.now();
    await pause(nextAt - now, signal);
    nextAt = Math.max(nextAt, now) + (count / rate) * 1000;
  };
}
