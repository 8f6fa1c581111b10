import type { SQSRecord } from 'aws-lambda';
import type { Log } from './log.ts';

/** Tells which messages are met again before anything is done with them, as one of them may be what ends the process. */
export function tellTaken(records: readonly SQSRecord[], log: Log, flushLog: () => void): void {
  const again = records.filter(({ attributes }) => Number(attributes.ApproximateReceiveCount) > 1);
  for (const { messageId, attributes } of again) {
    log('INFO', 'request taken', { messageId, receives: Number(attributes.ApproximateReceiveCount) });
  }
  if (again.length > 0) flushLog();
}
