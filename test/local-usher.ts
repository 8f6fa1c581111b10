import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { COMPLETED, DEAD_LETTERED } from '../lib/events/types.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { createQueueReader } from '../local/queue-reader.ts';
import { startFireworks } from '../local/sandboxes/fireworks.ts';
import type { Sandbox, SandboxOptions } from '../local/sandboxes/sandbox.ts';
import { startVectara } from '../local/sandboxes/vectara.ts';
import { type Stack, type StackOptions, startStack } from '../local/stack.ts';
import { asPublished } from './published.ts';

/** An outcome as a consumer of the outcome queues gets it. */
export interface ReceivedOutcome {
  readonly queue: 'completions' | 'deadLetters';
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** The built functions, their queues and both provider sandboxes, with all that the functions have logged. */
export interface LocalUsher extends AsyncDisposable {
  readonly stack: Stack;
  readonly fireworks: Sandbox;
  readonly vectara: Sandbox;
  readonly logs: readonly string[];
  send(body: string, queueUrl?: string): Promise<void>;
  /** Waits for that many outcomes, copies of dead letters aside, and takes them from their queues as they arrive. */
  outcomes(count: number): Promise<ReceivedOutcome[]>;
}

export async function startLocalUsher(
  options: StackOptions = {},
  sandboxOptions: SandboxOptions = {},
): Promise<LocalUsher> {
  const logs: string[] = [];
  await using parts = new AsyncDisposableStack();
  const fireworks = parts.adopt(await startFireworks(sandboxOptions), (sandbox) => sandbox.close());
  const vectara = parts.adopt(await startVectara(sandboxOptions), (sandbox) => sandbox.close());
  const stack = parts.use(
    await startStack({
      visibilityScale: 1 / 60,
      onLog: (line) => logs.push(line),
      secrets: { 'usher/fireworks/default': fireworks.secret, 'usher/vectara/default': vectara.secret },
      ...options,
      environment: { ...fireworks.environment, ...vectara.environment, ...options.environment },
    }),
  );
  const running = parts.move();
  return {
    stack,
    fireworks,
    vectara,
    logs,
    async send(body, queueUrl = stack.queues.requests.url) {
      await stack.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    },
    async outcomes(count) {
      const found: ReceivedOutcome[] = [];
      let waitSeconds = 0;
      while (found.length < count) {
        const queues = ['completions', 'deadLetters'] as const;
        const received = await Promise.all(queues.map((queue) => receive(stack, queue, waitSeconds)));
        for (const { body } of received.flat()) {
          const event = parseJson(body);
          // A raw dead letter is no event.
          if (isOutcome(event)) asPublished(event);
        }
        found.push(...received.flat().filter((outcome) => !isCopy(outcome)));
        // Long polls only while there is nothing, as an empty queue beside a full one would slow both down.
        waitSeconds = received.flat().length > 0 ? 0 : 1;
      }
      return found;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function isOutcome(event: unknown): event is { readonly type: string } {
  return isObject(event) && (event.type === COMPLETED || event.type === DEAD_LETTERED);
}

/** A dead letter that went to the product, too. */
function isCopy({ queue, attributes }: ReceivedOutcome): boolean {
  return queue === 'completions' && attributes.type !== COMPLETED;
}

async function receive(
  { sqs, queues }: Stack,
  queue: ReceivedOutcome['queue'],
  WaitTimeSeconds: number,
): Promise<ReceivedOutcome[]> {
  const QueueUrl = queues[queue].url;
  const answer = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  );
  const messages = answer.Messages ?? [];
  const { remove } = createQueueReader(sqs, QueueUrl, failWith);
  await remove(messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
  return messages.map(({ Body = '', MessageAttributes = {} }) => ({
    queue,
    body: Body,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  }));
}

function failWith(line: string): never {
  throw new Error(line);
}

/** A valid request; `data` and attributes are added to it. */
export function requestEvent(id: string, data: object, attributes: object = {}) {
  return {
    specversion: '1.0',
    id,
    source: 'https://signup.example',
    type: 'user.requested.v1',
    ...attributes,
    data,
  };
}
