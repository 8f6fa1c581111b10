import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { type AwsOptions, startAws } from './aws/aws.ts';
import type { SecretsManager } from './aws/secrets-manager.ts';
import { region } from './aws/service.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { createDeployment } from './deployment/deployment.ts';
import type { InvocationReport, LambdaFunction } from './lambda/function.ts';
import { createQueues, type Queue, type Queues } from './queues.ts';

export interface StackOptions extends AwsOptions {
  /** Added to the variables that the stack itself sets for both functions. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The content of each secret, by its whole name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The directory of the built functions; `dist` by default. */
  readonly artefacts?: string;
  /** 60 s by default. */
  readonly timeoutMs?: number;
  /** For how long the queues hide a received message; six times `timeoutMs` by default, as AWS advises. */
  readonly visibilitySeconds?: number;
  /** 10 by default. */
  readonly batchSize?: number;
  /** How many containers of a function work side by side; 2 by default. */
  readonly concurrency?: number;
  /** `MAX_RECEIVES` of the functions; 15 by default. */
  readonly maxReceives?: number;
  /** Gets every line of the functions and of what reads their queues. */
  readonly onLog?: (line: string, functionName: string) => void;
  /** Sees every event before a function does. */
  readonly onInvoke?: (event: SQSEvent) => void;
  /** Told how long each invocation took, however it ended. */
  readonly onReport?: (report: InvocationReport, functionName: string) => void;
}

export interface Stack extends AsyncDisposable {
  readonly queues: Queues;
  readonly sqs: SQSClient;
  readonly secretsManager: SecretsManager;
  /** Where any AWS client reaches SQS and Secrets Manager. */
  readonly endpoint: string;
  readonly functions: { readonly userRequested: LambdaFunction; readonly requestExhausted: LambdaFunction };
  /** Whether the function reads its queue. */
  readonly triggers: { readonly userRequested: Consumer['mapping'] };
  /** Gives running invocations a few seconds to finish, then stops everything. */
  close(): Promise<void>;
}

const MEMORY_MB = 512;
const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** Usher on one machine: queues, secrets and both built functions reading their queues, on free ports of the loopback. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { timeoutMs = 60_000, maxReceives = 15, batchSize = 10, concurrency = 2, artefacts = dist } = options;
  await Promise.all(['user-requested', 'request-exhausted'].map((name) => assertBuilt(artefacts, name)));
  await using parts = new AsyncDisposableStack();

  const aws = await startAws(options);
  parts.defer(() => aws.close());
  for (const [name, content] of Object.entries(options.secrets ?? {})) aws.secretsManager.set(name, content);

  const sqs = parts.adopt(new SQSClient({ region, credentials, endpoint: aws.endpoint }), (client) =>
    client.destroy(),
  );
  const queues = await createQueues(sqs, {
    visibilitySeconds: options.visibilitySeconds ?? Math.ceil((6 * timeoutMs) / 1000),
    maxReceiveCount: maxReceives + 3,
  });

  const environment = { ...functionEnvironment(aws.endpoint, queues, maxReceives), ...options.environment };
  const consume = (name: string, queue: Queue) =>
    startConsumer({
      ...{ name, artefact: join(artefacts, name), environment, timeoutMs, memoryMb: MEMORY_MB },
      ...{ sqs, queue, batchSize, concurrency },
      onLog(line) {
        deployment.write(name, line);
        options.onLog?.(line, name);
      },
      onInvoke: options.onInvoke,
      onReport: (report) => options.onReport?.(report, name),
    });
  const userRequested = consume('user-requested', queues.requests);
  const requestExhausted = consume('request-exhausted', queues.requestsExhausted);
  const deployment = createDeployment({
    queues,
    userRequested: { environment, queueArn: queues.requests.arn, trigger: userRequested.mapping },
    requestExhausted: {
      environment,
      queueArn: queues.requestsExhausted.arn,
      trigger: requestExhausted.mapping,
    },
    secretPrefix: environment.SECRET_PREFIX ?? 'usher/',
    messagesIn: (queueUrl) => messagesIn(sqs, queueUrl),
    ageOfOldest: aws.ageOfOldest,
  });
  aws.serve(deployment);
  parts.defer(async () => {
    const closed = [userRequested.close(), requestExhausted.close()];
    aws.endPolls();
    await Promise.all(closed);
  });

  const running = parts.move();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= running.disposeAsync();
    return closing;
  };
  return {
    queues,
    sqs,
    secretsManager: aws.secretsManager,
    endpoint: aws.endpoint,
    functions: { userRequested: userRequested.lambda, requestExhausted: requestExhausted.lambda },
    triggers: { userRequested: userRequested.mapping },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function assertBuilt(artefacts: string, name: string): Promise<void> {
  const file = join(artefacts, name, 'index.mjs');
  await access(file).catch((cause) => {
    throw new Error(`${file} is missing; \`npm run build\` makes it`, { cause });
  });
}

async function messagesIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] });
  const { Attributes = {} } = await sqs.send(command);
  return COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

function functionEnvironment(endpoint: string, queues: Queues, maxReceives: number): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // The queue URLs would do, but then the SDK warns about them at each call.
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    REQUEST_QUEUE_URL: queues.requests.url,
    COMPLETION_QUEUE_URL: queues.completions.url,
    DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
    // As deployed: the product finds every answer in one queue.
    COPY_DEAD_LETTERS: 'true',
    MAX_RECEIVES: String(maxReceives),
  };
}
