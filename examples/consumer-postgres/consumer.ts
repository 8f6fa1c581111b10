import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
// In your project: from 'usher-client'
import { isCompleted, readOutcome } from '../../client/index.ts';

/** `pg.Pool` is one. */
interface Database {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** One statement, so that an outcome is handled once: the id is kept and the signup changed, or neither. */
const HANDLE = `
  WITH seen AS (INSERT INTO usher_outcomes (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
  UPDATE signups SET state = $3, provider_user = $4, problem = $5
  WHERE id = $2 AND state <> 'active' AND EXISTS (SELECT FROM seen)`;

/** A function behind the queue `completions`, with ReportBatchItemFailures. */
export function createHandler(database: Database) {
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const done = await Promise.allSettled(
      Records.map(async (record) => {
        const outcome = readOutcome(record);
        if (outcome === undefined || !('data' in outcome)) return;
        const told = isCompleted(outcome)
          ? ['active', outcome.data.user.id, null]
          : ['failed', null, outcome.data.failure.code];
        await database.query(HANDLE, [outcome.id, outcome.causationid, ...told]);
      }),
    );
    const failed = Records.filter((_, at) => done[at]?.status === 'rejected');
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
