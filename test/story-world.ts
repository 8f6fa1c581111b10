import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Message, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { createHandler } from '../functions/user-requested/handler.ts';
import { wire } from '../functions/user-requested/wire.ts';
import { createHttp } from '../lib/calls/http.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isObject, type JsonObject, parseJson } from '../lib/json.ts';
import { providers } from '../lib/providers/index.ts';
import { type AwsOptions, startAws } from '../local/aws/aws.ts';
import type { SecretsManager } from '../local/aws/secrets-manager.ts';
import { createQueues, type Queue } from '../local/queues.ts';
import { startFireworks } from '../local/sandboxes/fireworks.ts';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';
import { startVectara } from '../local/sandboxes/vectara.ts';
import { eventsOf } from '../local/sqs-event.ts';
import { receiveMessages, takeMessages } from './taking.ts';

/** What became of one message. */
export interface Told {
  /** The id and the type of the outcome event, and its `data`; left out where there was none. */
  readonly id?: string;
  readonly type?: string;
  readonly data?: unknown;
  /** Whether the message stands in the partial batch response. */
  readonly handedBack: boolean;
  /** How long Usher keeps the message away; left out where it did not ask for a delay. */
  readonly delaySeconds?: number;
}

export interface DeliverOptions {
  /** The receive count of all messages; 1 by default. */
  readonly receives?: number;
  /** What Lambda leaves the invocation; a minute by default. */
  readonly remainingMs?: number;
  /** X-Ray's header, as SQS hands it on. */
  readonly traceHeader?: string;
  /** What goes wrong with calls of SQS and Secrets Manager, by their target (`AmazonSQS.SendMessageBatch`). */
  readonly awsFault?: AwsOptions['onCall'];
}

/** `user-requested` in this process, which gives up on receive 3, between real queues, secrets and providers. */
export interface StoryWorld extends AsyncDisposable {
  readonly fireworks: Sandbox;
  readonly vectara: Sandbox;
  readonly secretsManager: SecretsManager;
  readonly logs: readonly string[];
  /** Delivers the bodies as one batch and tells what became of each, in order; objects are sent as JSON. */
  deliver(bodies: readonly (string | object)[], options?: DeliverOptions): Promise<Told[]>;
}

const MAX_RECEIVES = 3;

/** Where `defect` is given, reading an event fails with it. */
export async function openStoryWorld({ defect }: { defect?: Error } = {}): Promise<StoryWorld> {
  await using parts = new AsyncDisposableStack();
  let awsFault: DeliverOptions['awsFault'];
  const delays = new Map<string, number>();
  const logs: string[] = [];
  const aws = parts.adopt(
    await startAws({
      onCall(target, body) {
        if (target === 'AmazonSQS.ChangeMessageVisibilityBatch') noteDelays(body, delays);
        return awsFault?.(target, body);
      },
    }),
    (each) => each.close(),
  );
  const fireworks = parts.adopt(await startFireworks(), (each) => each.close());
  const vectara = parts.adopt(await startVectara(), (each) => each.close());
  aws.secretsManager.set('usher/fireworks/default', fireworks.secret);
  aws.secretsManager.set('usher/vectara/default', vectara.secret);

  const client = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: aws.endpoint,
    maxAttempts: 1,
  };
  const sqs = parts.adopt(new SQSClient(client), (each) => each.destroy());
  const secretsManager = parts.adopt(new SecretsManagerClient(client), (each) => each.destroy());
  const queues = await createQueues(sqs, { visibilitySeconds: 60, maxReceiveCount: MAX_RECEIVES + 3 });
  const dependencies = wire({
    environment: {
      REQUEST_QUEUE_URL: queues.requests.url,
      COMPLETION_QUEUE_URL: queues.completions.url,
      DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
      MAX_RECEIVES: String(MAX_RECEIVES),
      LOG_LEVEL: 'DEBUG',
      ...fireworks.environment,
      ...vectara.environment,
    },
    ...{ providers, sqs, secretsManager, createHttp, clock },
    write: (line) => logs.push(line),
    flushLog: () => {},
  });
  const handle = createHandler({ ...dependencies, ...(defect && { readRequest: failWith(defect) }) });
  const running = parts.move();

  return {
    ...{ fireworks, vectara, logs, secretsManager: aws.secretsManager },
    async deliver(bodies, options = {}) {
      const records = await recordsOf(sqs, queues.requests, bodies, options);
      awsFault = options.awsFault;
      const invocation = {
        awsRequestId: 'invocation',
        getRemainingTimeInMillis: () => options.remainingMs ?? 60_000,
      };
      const { batchItemFailures } = await handle({ Records: records }, invocation);
      awsFault = undefined;
      const given = new Set(records.map(({ messageId }) => messageId));
      const strangers = batchItemFailures.filter(({ itemIdentifier }) => !given.has(itemIdentifier));
      if (strangers.length > 0) throw new Error('The answer names a record that was not given.');
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const outcomes = [
        ...(await takeMessages(sqs, queues.completions)),
        ...(await takeMessages(sqs, queues.deadLetters)),
      ];
      return records.map(({ messageId, receiptHandle, body }) => {
        const outcome = outcomes.find(({ Body = '' }) => answers(JSON.parse(Body), messageId, body));
        const delaySeconds = delays.get(receiptHandle);
        return {
          ...(outcome && eventIn(outcome)),
          handedBack: failed.has(messageId),
          ...(delaySeconds !== undefined && { delaySeconds }),
        };
      });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function failWith(defect: Error): () => never {
  return () => {
    throw defect;
  };
}

/** Waiting takes no time, and chance always says a half. */
const clock: Clock = { ...systemClock, sleep: async () => {}, random: () => 0.5 };

async function recordsOf(
  sqs: SQSClient,
  queue: Queue,
  bodies: readonly (string | object)[],
  { receives = 1, traceHeader }: DeliverOptions,
): Promise<SQSRecord[]> {
  const records: SQSRecord[] = [];
  for (const body of bodies) {
    const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
    const messages = await receiveMessages(sqs, queue);
    records.push(...eventsOf(messages, queue.arn).flatMap(({ Records }) => Records));
  }
  for (const { attributes } of records) {
    attributes.ApproximateReceiveCount = String(receives);
    if (traceHeader) attributes.AWSTraceHeader = traceHeader;
  }
  return records;
}

const outcomeEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  causationid: z.string().optional(),
  data: z.looseObject({ origin: z.looseObject({ messageId: z.string() }).optional() }),
});

function answers(event: unknown, messageId: string, body: string): boolean {
  const { causationid, data } = outcomeEvent.parse(event);
  if (data.origin) return data.origin.messageId === messageId;
  return requestIn(parseJson(body))?.id === causationid;
}

/** The request itself, or the one that a dead letter brings back. */
function requestIn(event: unknown): JsonObject | undefined {
  if (!isObject(event)) return undefined;
  return isObject(event.data) && isObject(event.data.request) ? event.data.request : event;
}

function eventIn({ Body = '' }: Message) {
  const { id, type, data } = outcomeEvent.parse(JSON.parse(Body));
  return { id, type, data };
}

const visibilityBatch = z.object({
  Entries: z.array(z.object({ ReceiptHandle: z.string(), VisibilityTimeout: z.number() })),
});

function noteDelays(body: JsonObject, delays: Map<string, number>): void {
  for (const { ReceiptHandle, VisibilityTimeout } of visibilityBatch.parse(body).Entries) {
    delays.set(ReceiptHandle, VisibilityTimeout);
  }
}
