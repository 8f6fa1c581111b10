import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';

/** What `serverless.yml` says that a bill depends on. */
export interface Deployment {
  readonly memoryMb: number;
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** How many queues a function reads. */
  readonly polledQueues: number;
  readonly logRetentionDays: number;
  readonly alarmMetrics: number;
  readonly dashboards: number;
}

const queueEvent = z.looseObject({
  sqs: z.looseObject({ batchSize: z.int(), maximumConcurrency: z.int() }),
});
const consumer = z.looseObject({ events: z.tuple([queueEvent]) });
const resource = z.looseObject({ Type: z.string(), Properties: z.looseObject({}).optional() });
const resources = z.looseObject({ Resources: z.record(z.string(), resource).default({}) });

const service = z.looseObject({
  provider: z.looseObject({ memorySize: z.int(), logRetentionInDays: z.int() }),
  functions: z.looseObject({ 'user-requested': consumer, 'request-exhausted': consumer }),
  resources: z.union([resources.transform((one) => [one]), z.array(resources)]),
});

const metrics = z.array(z.looseObject({ MetricStat: z.unknown().optional() }));

const root = fileURLToPath(new URL('../..', import.meta.url));
const osls = join(dirname(createRequire(import.meta.url).resolve('osls/package.json')), 'bin/serverless.js');

/** Reads `serverless.yml` with all its variables resolved. */
export async function readDeployment(): Promise<Deployment> {
  const print = [osls, 'print', '--format', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, print, { cwd: root });
  const { provider, functions, resources: parts } = service.parse(JSON.parse(stdout));
  const [{ sqs }] = functions['user-requested'].events;
  const made = parts.flatMap(({ Resources }) => Object.values(Resources));
  const ofType = (type: string) => made.filter(({ Type }) => Type === type);
  return {
    memoryMb: provider.memorySize,
    batchSize: sqs.batchSize,
    maximumConcurrency: sqs.maximumConcurrency,
    polledQueues: Object.keys(functions).length,
    logRetentionDays: provider.logRetentionInDays,
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
  };
}

/** An alarm is billed for each metric that it reads. */
function metricsOf({ Properties }: z.infer<typeof resource>): number {
  const read = metrics.safeParse(Properties?.Metrics).data?.filter(({ MetricStat }) => MetricStat);
  return read?.length ?? 1;
}
