import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Aws, type AwsOptions, startAws } from '../local/aws/aws.ts';
import {
  type EventSourceMapping,
  type EventSourceMappingOptions,
  startEventSourceMapping,
} from '../local/event-source-mapping.ts';
import type { InvocationResult } from '../local/lambda/function.ts';
import { failedMessageIds } from '../local/partial-batch-response.ts';
import { queueArn } from '../local/sqs/messages.ts';
import { eventsOf } from '../local/sqs-event.ts';

let onCall: AwsOptions['onCall'];
let aws: Aws;
let sqs: SQSClient;
let queues = 0;
const mappings: EventSourceMapping[] = [];

beforeAll(async () => {
  aws = await startAws({ onCall: (target, body) => onCall?.(target, body) });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: aws.endpoint });
});
afterAll(async () => {
  // All at once, as each waits for its last long poll.
  await Promise.all(mappings.map((mapping) => mapping.close()));
  sqs.destroy();
  await aws.close();
});

async function createQueue(Attributes: Record<string, string> = {}) {
  queues += 1;
  const QueueName = `queue-${queues}`;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return { url: QueueUrl, arn: queueArn(QueueName) };
}

/** A queue that gives a message up on its second receive, which comes after a second. */
async function createQueueWithDeadLetters() {
  const deadLetters = await createQueue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 });
  return { queue: await createQueue({ RedrivePolicy, VisibilityTimeout: '1' }), deadLetters };
}

async function send(queueUrl: string, ...bodies: string[]): Promise<string[]> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  return (answer.Successful ?? []).map(({ MessageId = '' }) => MessageId);
}

/** How many messages a queue holds, visible or not. */
async function countOf(queueUrl: string): Promise<number> {
  const AttributeNames = [
    'ApproximateNumberOfMessages' as const,
    'ApproximateNumberOfMessagesNotVisible' as const,
  ];
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

async function visibleIn(queueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
  return Number(answer.Attributes?.ApproximateNumberOfMessages);
}

/** An invoke that succeeds and notes the sizes of its batches. */
function recordSizes() {
  const sizes: number[] = [];
  const invoke = (event: SQSEvent) => {
    sizes.push(event.Records.length);
    return succeed();
  };
  return { sizes, invoke };
}

const succeed = async (): Promise<InvocationResult> => ({ ok: true, payload: null });

function start(
  queue: { url: string; arn: string },
  options: Partial<EventSourceMappingOptions> & Pick<EventSourceMappingOptions, 'invoke'>,
): EventSourceMapping {
  const mapping = startEventSourceMapping({
    sqs,
    queueUrl: queue.url,
    queueArn: queue.arn,
    batchSize: 10,
    maximumConcurrency: 2,
    onLog: () => {},
    ...options,
  });
  mappings.push(mapping);
  return mapping;
}

describe('An event source mapping', () => {
  it('hands messages over in the form of a Lambda SQS event', async () => {
    const queue = await createQueue();
    const events: SQSEvent[] = [];
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: '😀' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    };
    const sent = await sqs.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'Ada 😀', MessageAttributes }),
    );
    start(queue, {
      invoke: (event) => {
        events.push(event);
        return succeed();
      },
    });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    const digits = expect.stringMatching(/^\d+$/);
    const lists = { stringListValues: [], binaryListValues: [] };
    expect(events[0]).toEqual({
      Records: [
        {
          messageId: sent.MessageId,
          receiptHandle: expect.any(String),
          body: 'Ada 😀',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: digits,
            ApproximateFirstReceiveTimestamp: digits,
            SenderId: expect.any(String),
          },
          messageAttributes: {
            text: { dataType: 'String', stringValue: '😀', ...lists },
            raw: { dataType: 'Binary', binaryValue: 'AP8=', ...lists },
          },
          md5OfBody: sent.MD5OfMessageBody,
          md5OfMessageAttributes: sent.MD5OfMessageAttributes,
          eventSource: 'aws:sqs',
          eventSourceARN: queue.arn,
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  it('deletes what succeeded', async () => {
    const { queue, deadLetters } = await createQueueWithDeadLetters();
    await send(queue.url, 'a', 'b');
    start(queue, { invoke: succeed });
    await vi.waitFor(async () => expect(await countOf(queue.url)).toBe(0));
    expect(await countOf(deadLetters.url)).toBe(0);
  });

  it('leaves all messages of a failed invocation to their visibility, until the queue gives them up', async () => {
    const { queue, deadLetters } = await createQueueWithDeadLetters();
    await send(queue.url, 'a', 'b');
    const lines: string[] = [];
    const error = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' };
    start(queue, { invoke: async () => ({ ok: false, error }), onLog: (line) => lines.push(line) });
    await vi.waitFor(async () => expect(await countOf(deadLetters.url)).toBe(2), 5_000);
    expect(await countOf(queue.url)).toBe(0);
    expect(lines).toEqual(['Sandbox.Timedout: Task timed out']);
  });

  it('leaves exactly the named messages to their visibility, until the queue gives them up', async () => {
    const { queue, deadLetters } = await createQueueWithDeadLetters();
    const [, second] = await send(queue.url, 'a', 'b', 'c');
    const payload = { batchItemFailures: [{ itemIdentifier: second }] };
    start(queue, { invoke: async () => ({ ok: true, payload }) });
    const redriven: SQSEvent[] = [];
    start(deadLetters, {
      invoke: (event) => {
        redriven.push(event);
        return succeed();
      },
    });
    await vi.waitFor(() => expect(redriven).toHaveLength(1), 5_000);
    expect(redriven[0]?.Records).toMatchObject([
      {
        messageId: second,
        body: 'b',
        attributes: { ApproximateReceiveCount: '2', DeadLetterQueueSourceArn: queue.arn },
      },
    ]);
    expect(await countOf(queue.url)).toBe(0);
  });

  it('fills batches up to their size', async () => {
    const queue = await createQueue();
    await send(queue.url, 'a', 'b', 'c', 'd', 'e');
    const { sizes, invoke } = recordSizes();
    start(queue, { batchSize: 2, invoke });
    await vi.waitFor(() => expect(sizes).toEqual([2, 2, 1]));
  });

  it('fills larger batches than one receive gives, where it has a window for them', async () => {
    const queue = await createQueue();
    const bodies = Array.from({ length: 10 }, (_, index) => String(index));
    await send(queue.url, ...bodies);
    await send(queue.url, ...bodies);
    await send(queue.url, ...bodies);
    const { sizes, invoke } = recordSizes();
    start(queue, { batchSize: 25, batchingWindowMs: 1_000, invoke });
    await vi.waitFor(() => expect(sizes).toEqual([25, 5]), 5_000);
  });

  it('runs as many invocations side by side as it may', async () => {
    const queue = await createQueue();
    await send(queue.url, 'a', 'b', 'c', 'd');
    const started: (() => void)[] = [];
    const invoke = () =>
      new Promise<InvocationResult>((resolve) => {
        started.push(() => resolve({ ok: true, payload: null }));
      });
    start(queue, { batchSize: 1, maximumConcurrency: 2, invoke });
    await vi.waitFor(() => expect(started).toHaveLength(2));
    // The others stay in the queue: only two are in flight.
    expect(await countOf(queue.url)).toBe(4);
    expect(await visibleIn(queue.url)).toBe(2);
    started[0]?.();
    await vi.waitFor(() => expect(started).toHaveLength(3));
    started[1]?.();
    await vi.waitFor(() => expect(started).toHaveLength(4));
    for (const finish of started) finish();
    await vi.waitFor(async () => expect(await countOf(queue.url)).toBe(0));
  });

  it('goes on after calls of SQS that failed', async () => {
    const queue = await createQueue();
    const failed = new Set<string>();
    onCall = (target, { QueueUrl }) => {
      if (QueueUrl !== queue.url || !/Receive|Delete/.test(target) || failed.has(target)) return undefined;
      failed.add(target);
      return { kind: 'error', name: 'AccessDenied', status: 403 };
    };
    const lines: string[] = [];
    await send(queue.url, 'a');
    const { sizes, invoke } = recordSizes();
    start(queue, { invoke, onLog: (line) => lines.push(line) });
    await vi.waitFor(() => expect(sizes).toEqual([1]));
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    expect(lines[0]).toMatch(/^ReceiveMessage: AccessDenied/);
    expect(lines[1]).toMatch(/^DeleteMessageBatch: AccessDenied/);
    expect(await countOf(queue.url)).toBe(1);
  });

  it('waits for its running invocations when it is closed, and then reads no more', async () => {
    const queue = await createQueue();
    await send(queue.url, 'a');
    const finish = Promise.withResolvers<InvocationResult>();
    const bodies: string[] = [];
    const mapping = start(queue, {
      invoke: ({ Records: [record] }) => (bodies.push(record?.body ?? '') === 1 ? finish.promise : succeed()),
    });
    await vi.waitFor(() => expect(bodies).toEqual(['a']));
    const closed = vi.fn();
    const closing = mapping.close().then(closed);
    // Ends the last long poll, so that only the first invocation is left.
    await send(queue.url, 'b');
    await vi.waitFor(async () => expect(await countOf(queue.url)).toBe(1));
    expect(bodies).toEqual(['a', 'b']);
    expect(closed).not.toHaveBeenCalled();
    finish.resolve({ ok: true, payload: null });
    await closing;
    expect(await countOf(queue.url)).toBe(0);
    await send(queue.url, 'c');
    expect(await visibleIn(queue.url)).toBe(1);
  });
});

describe('A partial batch response', () => {
  const failures = (batchItemFailures: unknown): InvocationResult => ({
    ok: true,
    payload: { batchItemFailures },
  });
  const a = { itemIdentifier: 'a' };

  it.each<[string, InvocationResult]>([
    ['an empty list', failures([])],
    ['a null list', failures(null)],
    ['an empty object', { ok: true, payload: {} }],
    ['null', { ok: true, payload: null }],
  ])('that is %s means that all succeeded', (_, result) => {
    expect([...failedMessageIds(result, ['a', 'b'])]).toEqual([]);
  });

  it.each<[string, InvocationResult]>([
    ['a failed invocation', { ok: false, error: { errorType: 'Error', errorMessage: 'no' } }],
    ['no JSON', { ok: true, payload: undefined }],
    ['a text', { ok: true, payload: 'done' }],
    ['a list', { ok: true, payload: [] }],
    ['under a wrong key', { ok: true, payload: { batchItemFailure: [] } }],
    ['something else than a list', failures('none')],
    ['with a failure without an identifier', failures([a, {}])],
    ['with a failure under a wrong key', failures([a, { messageId: 'b' }])],
    ['with a failure that is no object', failures(['a'])],
    ['with an empty identifier', failures([a, { itemIdentifier: '' }])],
    ['with a null identifier', failures([a, { itemIdentifier: null }])],
    ['with an unknown identifier', failures([a, { itemIdentifier: 'c' }])],
  ])('that is %s means that all failed', (_, result) => {
    expect([...failedMessageIds(result, ['a', 'b'])]).toEqual(['a', 'b']);
  });

  it('names what failed, once or more', () => {
    expect([...failedMessageIds(failures([a, a]), ['a', 'b'])]).toEqual(['a']);
  });
});

describe('A Lambda SQS event', () => {
  it('carries no more than 6 MB: the rest comes in further events, in order', () => {
    const messages = Array.from({ length: 13 }, (_, index) => ({
      MessageId: String(index),
      Body: 'x'.repeat(1_048_576),
    }));
    const events = eventsOf(messages, 'arn:aws:sqs:us-east-1:000000000000:queue');
    expect(events.map(({ Records }) => Records.length)).toEqual([5, 5, 3]);
    const ids = events.flatMap(({ Records }) => Records.map(({ messageId }) => messageId));
    expect(ids).toEqual(messages.map(({ MessageId }) => MessageId));
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(6 * 1_048_576);
  });

  it('is none where there are no messages', () => {
    expect(eventsOf([], 'arn')).toEqual([]);
  });
});
