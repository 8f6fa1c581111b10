import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { unzipSync } from 'fflate';
import { startConsumer } from '../../local/consumer.ts';
import type { Queue } from '../../local/queues.ts';

export interface DeployedFunction extends AsyncDisposable {
  /** What it has logged. */
  readonly logs: readonly string[];
}

export interface DeployedOptions {
  readonly endpoint: string;
  readonly region: string;
  /** Its name, and that of its zip in `.serverless/`. */
  readonly name: string;
  readonly zip: string;
  readonly queue: Queue;
  /** Where the providers are here. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs what is deployed: the code whose checksum AWS tells, with the variables that it was deployed with. */
export async function startDeployed(options: DeployedOptions): Promise<DeployedFunction> {
  const { endpoint, region, name, zip, queue } = options;
  await using parts = new AsyncDisposableStack();
  const lambda = parts.adopt(new LambdaClient({ region }), (client) => client.destroy());
  const configuration = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  const file = fileURLToPath(new URL(`../../.serverless/${zip}.zip`, import.meta.url));
  const bytes = await readFile(file);
  const digest = createHash('sha256').update(bytes).digest('base64');
  if (configuration.CodeSha256 !== digest) throw new Error(`what is deployed as ${name} is not ${zip}.zip`);
  const task = parts.adopt(await mkdtemp(join(tmpdir(), 'usher-rehearsal-')), (folder) =>
    rm(folder, { recursive: true }),
  );
  for (const [path, content] of Object.entries(unzipSync(bytes))) {
    await mkdir(dirname(join(task, path)), { recursive: true });
    await writeFile(join(task, path), content);
  }

  const sqs = parts.adopt(new SQSClient({ region, useQueueUrlAsEndpoint: false }), (client) =>
    client.destroy(),
  );
  const logs: string[] = [];
  const consumer = startConsumer({
    name,
    artefact: join(task, 'dist', zip),
    environment: {
      ...variablesHere(configuration.Environment?.Variables ?? {}, endpoint),
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region },
      ...{ AWS_ACCESS_KEY_ID: 'rehearsal', AWS_SECRET_ACCESS_KEY: 'rehearsal' },
      ...options.environment,
    },
    timeoutMs: (configuration.Timeout ?? 0) * 1000,
    memoryMb: configuration.MemorySize ?? 0,
    ...{ sqs, queue, batchSize: 10, concurrency: 1 },
    onLog: (line) => logs.push(line),
  });
  parts.defer(() => consumer.close());
  const running = parts.move();
  return { logs, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** With the queues where they are here: the SDK follows the host of a queue's URL. */
function variablesHere(
  variables: Readonly<Record<string, string>>,
  endpoint: string,
): Record<string, string> {
  const here = ([name, value]: [string, string]) => [name, value.replace(/^https:\/\/sqs\.[^/]+/, endpoint)];
  return Object.fromEntries(Object.entries(variables).map(here));
}
