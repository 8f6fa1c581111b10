import { readStage } from '../../deployment/stage-file.ts';
import { functionNames } from '../../deployment/template/names.ts';
import { template } from '../../deployment/template/template.ts';
import own from '../../package.json' with { type: 'json' };

/** What a deployment's parameters and template say that a bill depends on. */
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

/** Reads what the stage `dev` is deployed with. */
export async function readDeployment(): Promise<Deployment> {
  const stage = 'dev';
  const { settings } = await readStage(stage, []);
  const resources = Object.values(template({ stage, settings, given: [], version: own.version }).Resources);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const { memoryMb, batchSize, maximumConcurrency, logRetentionDays } = settings;
  return {
    ...{ memoryMb, batchSize, maximumConcurrency, logRetentionDays },
    polledQueues: functionNames.length,
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
  };
}

/** An alarm is billed for each metric that it reads. */
function metricsOf({
  Properties: { Metrics },
}: {
  readonly Properties: { readonly Metrics?: unknown };
}): number {
  return Array.isArray(Metrics) ? Metrics.filter((metric) => 'MetricStat' in metric).length : 1;
}
