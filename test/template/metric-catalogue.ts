import * as z from 'zod';
import { systemClock } from '../../lib/clock.ts';
import { createMetrics, type MetricName } from '../../lib/telemetry/metrics.ts';

/** A metric by namespace, name and the names of its dimensions, as CloudWatch tells metrics apart. */
export const metricKey = (namespace: string, name: string, dimensions: readonly string[]) =>
  `${namespace} ${name} by ${[...dimensions].sort().join(', ')}`;

const Directive = z.object({
  Namespace: z.string(),
  Dimensions: z.array(z.array(z.string())),
  Metrics: z.array(z.object({ Name: z.string() })),
});
const Line = z
  .string()
  .transform((line): unknown => JSON.parse(line))
  .pipe(z.object({ _aws: z.object({ CloudWatchMetrics: z.array(Directive) }) }));

const usherMetrics: Record<MetricName, true> = {
  Requests: true,
  TimeToOutcome: true,
  Failures: true,
  Retries: true,
  ProviderLatency: true,
  PausedConnections: true,
  SecretReads: true,
};

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
const queueMetrics = [
  'ApproximateAgeOfOldestMessage',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesVisible',
  'NumberOfEmptyReceives',
  'NumberOfMessagesSent',
];
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
const functionMetrics = ['Invocations', 'Errors', 'Throttles', 'Duration', 'ConcurrentExecutions'];

/** Every metric that there is, ours as the functions write them. */
export const existingMetrics: ReadonlySet<string> = new Set([
  ...writtenByUsher(),
  ...queueMetrics.map((name) => metricKey('AWS/SQS', name, ['QueueName'])),
  ...functionMetrics.map((name) => metricKey('AWS/Lambda', name, ['FunctionName'])),
  metricKey('AWS/Logs', 'IncomingBytes', ['LogGroupName']),
]);

function writtenByUsher(): string[] {
  const lines: string[] = [];
  const metrics = createMetrics('urn:usher:dev', systemClock, (line) => lines.push(line));
  const dimensions = { outcome: 'completed', provider: 'none', code: 'unexpected' };
  for (const name of Object.keys(usherMetrics)) if (isUsherMetric(name)) metrics.add(name, 1, dimensions);
  metrics.flush();
  const directives = lines.flatMap((line) => Line.parse(line)._aws.CloudWatchMetrics);
  return directives.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) => Dimensions.map((by) => metricKey(Namespace, Name, by))),
  );
}

function isUsherMetric(name: string): name is MetricName {
  return Object.hasOwn(usherMetrics, name);
}
