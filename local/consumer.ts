import { setTimeout as delay } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { type EventSourceMapping, startEventSourceMapping } from './event-source-mapping.ts';
import { createFunction, type FunctionOptions, type LambdaFunction } from './lambda/function.ts';
import type { Queue } from './queues.ts';

export interface ConsumerOptions extends FunctionOptions {
  readonly sqs: SQSClient;
  readonly queue: Queue;
  readonly batchSize: number;
  /** Sees every event before the function does. */
  readonly onInvoke?: ((event: SQSEvent) => void) | undefined;
}

export interface Consumer {
  readonly lambda: LambdaFunction;
  readonly mapping: Pick<EventSourceMapping, 'state' | 'setEnabled'>;
  /** Gives running invocations a few seconds to finish. */
  close(): Promise<void>;
}

const CLOSING_MS = 5_000;
const BATCHING_WINDOW_MS = 1_000;

/** A function and the mapping that lets it read a queue. */
export function startConsumer({ sqs, queue, batchSize, onInvoke, ...options }: ConsumerOptions): Consumer {
  const lambda = createFunction(options);
  const mapping = startEventSourceMapping({
    sqs,
    queueUrl: queue.url,
    queueArn: queue.arn,
    invoke: (event) => {
      onInvoke?.(event);
      return lambda.invoke(event);
    },
    batchSize,
    // AWS asks for a window where a batch is larger than one receive.
    batchingWindowMs: batchSize > 10 ? BATCHING_WINDOW_MS : 0,
    maximumConcurrency: options.concurrency,
    onLog: options.onLog,
  });
  return {
    lambda,
    mapping,
    async close() {
      const finished = mapping.close();
      await Promise.race([finished, delay(CLOSING_MS, undefined, { ref: false })]);
      await lambda.close();
      await finished;
    },
  };
}
