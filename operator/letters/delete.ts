import type { Queue } from '../aws/queue.ts';
import type { Letter } from './letter.ts';
import type { Look } from './look.ts';
import { type Selection, selects } from './selection.ts';

export interface DeleteOptions {
  readonly look: Look;
  readonly letters: Queue;
  readonly selection: Selection;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Keeps them elsewhere before they are deleted; where that fails, they stay. */
  readonly keep?: ((letters: readonly Letter[]) => Promise<void>) | undefined;
  readonly onDeleted?: ((letters: readonly Letter[]) => Promise<void>) | undefined;
}

export interface DeleteReport {
  seen: number;
  selected: number;
  deleted: number;
  /** SQS did not confirm that they are gone. */
  failed: number;
  ended: 'at work' | 'done' | 'limit' | 'stopped';
}

/** Deletes selected letters, each after it was kept. Yields the report as it grows. */
export async function* deleteLetters(options: DeleteOptions): AsyncGenerator<DeleteReport> {
  const { look, letters, selection, limit = Number.POSITIVE_INFINITY, signal, keep, onDeleted } = options;
  const report: DeleteReport = { seen: 0, selected: 0, deleted: 0, failed: 0, ended: 'at work' };
  for await (const some of look.letters()) {
    const wanted = some.filter((letter) => selects(selection, letter));
    report.seen = look.seen();
    report.selected += wanted.length;
    const batch = wanted.slice(0, limit - report.deleted);
    if (batch.length > 0) {
      await keep?.(batch);
      const deleted = await letters.delete(batch);
      look.forget(deleted);
      report.deleted += deleted.size;
      report.failed += batch.length - deleted.size;
      await onDeleted?.(batch.filter((letter) => deleted.has(letter)));
    }
    yield report;
    if (report.deleted >= limit || signal?.aborted) break;
  }
  report.ended = signal?.aborted ? 'stopped' : report.deleted >= limit ? 'limit' : 'done';
  yield report;
}
