import { type Message, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MAX_MESSAGE_BYTES } from '../../lib/events/message.ts';
import { createQueueReader } from '../../local/queue-reader.ts';
import type { Queue } from '../../local/queues.ts';
import type { Stack } from '../../local/stack.ts';
import type { Ledger } from './ledger.ts';
import { isCompletion, type Outcome, readCompletion, readDeadLetter } from './outcome.ts';
import type { RequestLine } from './request-lines.ts';

export interface ProcessOptions {
  readonly stack: Pick<Stack, 'sqs' | 'queues'>;
  readonly lines: readonly RequestLine[];
  /** Where each step is noted, those that others see included. */
  readonly ledger: Ledger;
  /** Gets each outcome that answers a line, in order of arrival. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** For how long there may be no news at all. */
  readonly patienceMs: number;
}

const MAX_ENTRIES = 10;

/** Sends every line and waits until each has its outcome, or nothing has happened for too long. */
export async function processRequests(options: ProcessOptions): Promise<void> {
  const { lines, ledger, onOutcome, patienceMs } = options;
  const { sqs, queues } = options.stack;
  let isOver = false;

  const isAnswered = () => ledger.entries.length === lines.length && ledger.isAnswered();
  const isDone = () => isOver || isAnswered() || ledger.quietMs() > patienceMs;

  const collect = async (queue: Queue, read: (message: Message) => Outcome | undefined) => {
    const reader = createQueueReader(sqs, queue.url, () => {});
    while (!isDone()) {
      const messages = await reader.receive(MAX_ENTRIES);
      for (const outcome of messages.flatMap((message) => read(message) ?? [])) {
        if (ledger.received(outcome)) onOutcome(outcome);
      }
      await reader.remove(messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
  };

  const send = async () => {
    for (const batch of batchesOf(lines)) {
      const sentAt = performance.now();
      for (const [line, messageId] of await sendBatch(sqs, queues.requests.url, batch)) {
        ledger.sent(line, messageId, sentAt).forEach(onOutcome);
      }
    }
  };

  // The queue that has nothing more to give would keep its reader for a while longer.
  const collected = Promise.race([
    // A dead letter is read where it stays, as SQS itself may move one there that has no copy.
    collect(queues.completions, (message) => (isCompletion(message) ? readCompletion(message) : undefined)),
    collect(queues.deadLetters, readDeadLetter),
  ]);
  try {
    await Promise.all([send(), collected]);
  } finally {
    isOver = true;
  }
}

async function sendBatch(sqs: SQSClient, QueueUrl: string, batch: readonly RequestLine[]) {
  const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
  const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  for (const { Id, Message } of Failed)
    throw new Error(`line ${batch[Number(Id)]?.number} was not sent: ${Message}`);
  const messageIds = new Map(Successful.map(({ Id, MessageId = '' }) => [Id, MessageId]));
  return batch.map((line, index) => [line, messageIds.get(String(index)) ?? ''] as const);
}

function batchesOf(lines: readonly RequestLine[]): RequestLine[][] {
  const batches: RequestLine[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const size = Buffer.byteLength(line.body);
    bytes += size;
    if (bytes > MAX_MESSAGE_BYTES || batches.at(-1)?.length === MAX_ENTRIES) {
      batches.push([line]);
      bytes = size;
    } else {
      batches.at(-1)?.push(line);
    }
  }
  return batches;
}
