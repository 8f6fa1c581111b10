import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { createQueueReader } from '../../local/queue-reader.ts';
import type { Queue } from '../../local/queues.ts';
import type { Stack } from '../../local/stack.ts';
import { type Answer, readAnswer } from './answers.ts';
import type { ChaosMessage, Traffic } from './requests.ts';

export interface TrafficOptions {
  readonly stack: Pick<Stack, 'sqs' | 'queues'>;
  readonly traffic: Traffic;
  readonly onSent: (message: ChaosMessage) => void;
  readonly onAnswer: (answer: Answer) => void;
  /** Called once, when each message has its outcome and only repeated deliveries may come. */
  readonly onAnswered: () => Promise<void>;
  /** For how long there may be no outcome at all. */
  readonly patienceMs: number;
}

const MAX_ENTRIES = 10;
/** So many messages may be without an outcome before more are sent: what comes back meets what is new. */
const MOST_OPEN = 400;
const LOOK_EVERY_MS = 100;

/** Sends all messages and collects outcomes until every queue is empty, or no outcome has come for too long. */
export async function runTraffic(options: TrafficOptions): Promise<void> {
  const { traffic, onSent, onAnswer, onAnswered, patienceMs } = options;
  const { sqs, queues } = options.stack;
  const open = createOpen(traffic);
  const requestIds = new Map(traffic.requests.map(({ id, body }) => [body, id]));
  let newsAt = performance.now();
  let isOver = false;
  const outOfPatience = () => performance.now() - newsAt > patienceMs;

  const collect = async (queue: Queue) => {
    const isProducts = queue === queues.completions;
    const reader = createQueueReader(sqs, queue.url, () => {});
    while (!isOver) {
      const messages = await reader.receive(MAX_ENTRIES);
      for (const { Body = '', Attributes = {} } of messages) {
        const message = { body: Body, sentAt: Number(Attributes.SentTimestamp), isProducts };
        const answer = readAnswer(message, requestIds);
        newsAt = performance.now();
        if (!answer.isCopy) open.answered(answer);
        onAnswer(answer);
      }
      await reader.remove(messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
  };

  const send = async () => {
    for (const batch of batchesOf(traffic.messages)) {
      while (open.count() > MOST_OPEN && !outOfPatience()) await delay(LOOK_EVERY_MS);
      const [first] = batch;
      if (first === undefined) continue;
      const Entries = batch.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queues[first.queue].url, Entries }),
      );
      if (Failed.length > 0) throw new Error(`${Failed.length} messages were not sent`);
      for (const message of batch) {
        open.sent();
        onSent(message);
      }
    }
  };

  const isEmpty = async () => {
    // The way that a message takes: what leaves one of them is seen in the next.
    const way = [queues.requests, queues.requestsExhausted, queues.completions, queues.deadLetters];
    for (const queue of way) if ((await messagesIn(sqs, queue)) > 0) return false;
    return true;
  };

  const finish = async () => {
    await send();
    while (open.count() > 0 && !(await isEmpty()) && !outOfPatience()) await delay(LOOK_EVERY_MS);
    await onAnswered();
    while (!(await isEmpty()) && !outOfPatience()) await delay(LOOK_EVERY_MS);
    isOver = true;
  };

  try {
    await Promise.all([finish(), collect(queues.completions), collect(queues.deadLetters)]);
  } finally {
    isOver = true;
  }
}

/** How many of the messages that were sent are without an outcome. */
function createOpen({ requests }: Traffic) {
  const expected = new Map(requests.map(({ id, messages }) => [id, messages]));
  let count = 0;
  return {
    count: () => count,
    sent(): void {
      count += 1;
    },
    answered({ requestId = '' }: Answer): void {
      const left = expected.get(requestId) ?? 0;
      if (left === 0) return;
      expected.set(requestId, left - 1);
      count -= 1;
    },
  };
}

/** In their order, each for one queue. */
function batchesOf(messages: readonly ChaosMessage[]): ChaosMessage[][] {
  const batches: ChaosMessage[][] = [];
  for (const message of messages) {
    const last = batches.at(-1);
    if (last && last.length < MAX_ENTRIES && last[0]?.queue === message.queue) last.push(message);
    else batches.push([message]);
  }
  return batches;
}

/** The waiting, the hidden and the delayed ones. */
async function messagesIn(sqs: Stack['sqs'], { url }: Queue): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes = {} } = await sqs.send(command);
  return (
    Number(Attributes.ApproximateNumberOfMessages) +
    Number(Attributes.ApproximateNumberOfMessagesNotVisible) +
    Number(Attributes.ApproximateNumberOfMessagesDelayed)
  );
}
