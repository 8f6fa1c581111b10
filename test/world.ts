import { randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { createHandler } from '../functions/user-requested/handler.ts';
import { wire } from '../functions/user-requested/wire.ts';
import { createHttp, type Http } from '../lib/calls/http.ts';
import type { Provider } from '../lib/providers/provider.ts';
import type { Operation } from '../local/sandboxes/calls.ts';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';
import { type AnsweringAws, createAnsweringAws } from './answering-aws.ts';
import { createSkippingClock, type SkippingClock } from './skipping-clock.ts';
import { handedBack, messageOf, type Told, toldBy } from './told.ts';

/** The real `user-requested` between a provider's sandbox and AWS clients that are answered in this process. */
export interface World extends AsyncDisposable {
  readonly provider: Provider;
  readonly sandbox: Sandbox;
  readonly aws: AnsweringAws;
  readonly clock: SkippingClock;
  /** Every log line of every container. */
  readonly logs: readonly string[];
  /** A fresh container: nothing is cached, no connection open. */
  startContainer(options?: ContainerOptions): Container;
  /** What the provider has been asked for since the last time, tokens aside. */
  takeOperations(): Operation[];
}

export interface ContainerOptions {
  /** 15 by default. */
  readonly maxReceives?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Stands between Usher and the network. */
  readonly around?: (http: Http) => Http;
}

export interface DeliveryOptions {
  /** 1 by default. */
  readonly receives?: number;
  /** What Lambda leaves the invocation; a minute by default. */
  readonly remainingMs?: number;
}

export interface Container {
  /** Delivers requests in one batch and tells what became of each, in no order. */
  deliverBatch(requests: readonly object[], options?: DeliveryOptions): Promise<Told[]>;
  /** Invokes the function with records as they are; answers with the ids of those that go back. */
  invoke(records: readonly SQSRecord[], remainingMs?: number): Promise<string[]>;
  /** Delivers one request. */
  deliver(request: object, options?: DeliveryOptions): Promise<Told>;
}

const QUEUES = 'https://sqs.us-east-1.amazonaws.com/000000000000';

export function openWorld(provider: Provider, sandbox: Sandbox): World {
  const aws = createAnsweringAws();
  const clock = createSkippingClock();
  const logs: string[] = [];
  let taken = 0;
  aws.secrets.set(`usher/${provider.name}/default`, sandbox.secret);

  function startHandler({ maxReceives = 15, environment, around = (http) => http }: ContainerOptions) {
    return createHandler(
      wire({
        environment: {
          REQUEST_QUEUE_URL: `${QUEUES}/requests`,
          COMPLETION_QUEUE_URL: `${QUEUES}/completions`,
          DEAD_LETTER_QUEUE_URL: `${QUEUES}/dead-letters`,
          MAX_RECEIVES: String(maxReceives),
          LOG_LEVEL: 'DEBUG',
          ...sandbox.environment,
          ...environment,
        },
        providers: [provider],
        sqs: aws.sqs,
        secretsManager: aws.secretsManager,
        createHttp: (...options) => around(createHttp(...options)),
        clock,
        write: (line) => logs.push(line),
        flushLog: () => {},
      }),
    );
  }

  return {
    provider,
    sandbox,
    aws,
    clock,
    logs,
    startContainer(options = {}) {
      const handle = startHandler(options);
      const invoke: Container['invoke'] = async (records, remainingMs = 60_000) => {
        const context = { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => remainingMs };
        const { batchItemFailures } = await handle({ Records: [...records] }, context);
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      };
      const deliverBatch: Container['deliverBatch'] = async (
        requests,
        { receives = 1, remainingMs } = {},
      ) => {
        const sentBefore = aws.sent.length;
        const records = requests.map((request) => messageOf(request, receives));
        const returned = await invoke(records, remainingMs);
        return [
          ...aws.sent.slice(sentBefore).map(({ body }) => toldBy(body)),
          ...returned.map((messageId) => handedBack(messageId, logs, aws.delays.get(messageId))),
        ];
      };
      return {
        invoke,
        deliverBatch,
        async deliver(request, options) {
          const [told, ...more] = await deliverBatch([request], options);
          if (told === undefined || more.length > 0)
            throw new Error('A delivery must end in exactly one way.');
          return told;
        },
      };
    },
    takeOperations() {
      const operations = sandbox.calls.slice(taken).map(({ operation }) => operation);
      taken = sandbox.calls.length;
      return operations.filter((operation) => operation !== 'token');
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
