import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Batcher, createBatcher } from './batcher.ts';
import { within } from './within.ts';

/** When SQS shall deliver a message again, in whole seconds from now. */
export interface Delay {
  readonly receiptHandle: string;
  readonly delaySeconds: number;
}

const LINGER_MS = 50;
const CHANGE_TIMEOUT_MS = 3_000;

/** Delays the next delivery of messages; where SQS refuses, the queue's own visibility timeout stays. */
export function createDelayQueue(client: SQSClient, queueUrl: string): Batcher<Delay> {
  return createBatcher<Delay>({
    send(delays) {
      const command = new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: delays.map(({ receiptHandle, delaySeconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: delaySeconds,
        })),
      });
      return within(CHANGE_TIMEOUT_MS, (abortSignal) => client.send(command, { abortSignal }));
    },
    bytesOf: () => 0,
    maxBytes: Number.POSITIVE_INFINITY,
    lingerMs: LINGER_MS,
  });
}
