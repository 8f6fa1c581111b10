import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { createFairOrder } from './fair-order.ts';
import type { InvocationResult } from './lambda/function.ts';
import { failedMessageIds } from './partial-batch-response.ts';
import { createQueueReader } from './queue-reader.ts';
import { eventsOf } from './sqs-event.ts';

/** So many messages of a fair queue are looked at, as the emulator gives them out in their order alone. */
const READ_AHEAD = 2_000;

export interface EventSourceMappingOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** Must not reject. */
  readonly invoke: (event: SQSEvent) => Promise<InvocationResult>;
  /** More than 10 need a batching window. */
  readonly batchSize: number;
  /** How long a batch waits for more messages after its first; 0 by default. */
  readonly batchingWindowMs?: number;
  readonly maximumConcurrency: number;
  /** Gets a line for each invocation and each SQS call that failed. */
  readonly onLog: (line: string) => void;
}

export interface EventSourceMapping {
  /** `Disabling` until the last poll has come back. */
  state(): 'Enabled' | 'Disabling' | 'Disabled';
  setEnabled(isEnabled: boolean): void;
  /** Stops polling and waits for the running invocations. */
  close(): Promise<void>;
}

/**
 * Reads a queue for a function as Lambda does, with partial batch responses: what succeeded is deleted,
 * the rest is left to its visibility.
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { sqs, queueUrl, queueArn, invoke, batchSize, batchingWindowMs = 0, onLog } = options;
  const queue = createQueueReader(sqs, queueUrl, onLog);
  const running = new Set<Promise<void>>();
  let closed = false;
  let enabled = Promise.withResolvers<void>();
  enabled.resolve();
  let isEnabled = true;
  let isPolling = false;

  /** Groups on a standard queue make it a fair one. */
  const fair = queueArn.endsWith('.fifo') ? undefined : createFairOrder();

  const receiveBatch = async (): Promise<Message[]> => {
    const messages = await queue.receive(batchSize);
    const end = Date.now() + batchingWindowMs;
    while (messages.length > 0 && messages.length < batchSize && Date.now() < end) {
      messages.push(...(await queue.receive(batchSize - messages.length)));
    }
    return messages;
  };

  const collect = async (): Promise<Message[]> => {
    const isAhead = fair !== undefined && fair.waiting() > 0;
    const messages = isAhead ? [] : await receiveBatch();
    if (fair === undefined || !(isAhead || messages.some(({ Attributes }) => Attributes?.MessageGroupId)))
      return messages;
    fair.add(messages);
    while (fair.waiting() < READ_AHEAD) {
      const more = await queue.receive(batchSize, 0);
      if (more.length === 0) break;
      fair.add(more);
    }
    return fair.take(batchSize);
  };

  const run = async (event: SQSEvent) => {
    const result = await invoke(event);
    if (!result.ok) onLog(`${result.error.errorType}: ${result.error.errorMessage}`);
    const failed = failedMessageIds(
      result,
      event.Records.map(({ messageId }) => messageId),
    );
    const done = event.Records.filter(({ messageId }) => !failed.has(messageId));
    await queue.remove(done.map(({ receiptHandle }) => receiptHandle));
  };

  const hasRoom = async () => {
    while (running.size >= options.maximumConcurrency) await Promise.race(running);
  };

  const poll = async () => {
    while (!closed) {
      await enabled.promise;
      if (closed) break;
      await hasRoom();
      isPolling = true;
      for (const event of eventsOf(await collect(), queueArn)) {
        await hasRoom();
        const work = run(event).finally(() => {
          running.delete(work);
          fair?.done(
            event.Records.map(({ messageId, attributes }) => attributes.MessageGroupId ?? messageId),
          );
        });
        running.add(work);
      }
      isPolling = false;
    }
    await Promise.all(running);
  };

  const finished = poll();
  const setEnabled = (wanted: boolean) => {
    if (wanted) enabled.resolve();
    else if (isEnabled) enabled = Promise.withResolvers<void>();
    isEnabled = wanted;
  };
  return {
    state() {
      if (isEnabled) return 'Enabled';
      return isPolling ? 'Disabling' : 'Disabled';
    },
    setEnabled,
    close() {
      closed = true;
      setEnabled(true);
      return finished;
    },
  };
}
