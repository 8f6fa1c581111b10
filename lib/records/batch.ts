import type { SQSRecord } from 'aws-lambda';

/** Settles one record; false means that it goes back to the queue. */
export type Settle = (record: SQSRecord) => Promise<boolean>;

/**
 * Settles the records of a batch and returns those that go back to the queue. On a standard queue all run side by
 * side. On a FIFO queue groups run side by side and each in order; after a record that goes back, the rest of its
 * group goes back untouched.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export async function settleBatch(records: readonly SQSRecord[], settle: Settle): Promise<SQSRecord[]> {
  const unfinished = new Set(records);
  await Promise.all(
    groupsOf(records).map(async (group) => {
      for (const record of group) {
        if (!(await settle(record))) break;
        unfinished.delete(record);
      }
    }),
  );
  return [...unfinished];
}

function groupsOf(records: readonly SQSRecord[]): SQSRecord[][] {
  // Standard queues may carry a message group too (fair queues), so the ARN alone tells.
  const isFifo = records.some(({ eventSourceARN }) => eventSourceARN.endsWith('.fifo'));
  if (!isFifo) return records.map((record) => [record]);
  return [...Map.groupBy(records, ({ attributes }) => attributes.MessageGroupId).values()];
}
