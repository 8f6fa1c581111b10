import type { AwsClients } from '../../lib/aws/clients.ts';
import { createOutcomeQueue } from '../../lib/aws/outcomes.ts';
import type { Clock } from '../../lib/clock.ts';
import { readOutcomeConfig } from '../../lib/config.ts';
import { createOutcomes } from '../../lib/events/outcomes.ts';
import type { Provider } from '../../lib/providers/provider.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createMetrics } from '../../lib/telemetry/metrics.ts';
import { createReport } from '../../lib/telemetry/report.ts';
import type { Dependencies } from './handler.ts';

/** Everything outside that `request-exhausted` touches. */
export interface Surroundings extends Pick<AwsClients, 'sqs'> {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly providers: readonly Pick<Provider, 'name'>[];
  readonly clock: Clock;
  /** Gets each line of the log and of the metrics. */
  readonly write: (line: string) => void;
}

/** Puts the parts together; throws one error that names every problem of the environment. */
export function wire({ environment, providers, sqs, clock, write }: Surroundings): Dependencies {
  const { eventSource, deadLetterQueueUrl, logLevel } = readOutcomeConfig(environment);
  const log = createLog(logLevel, clock, write);
  const metrics = createMetrics(eventSource, clock, write);
  return {
    outcomes: createOutcomes({ source: eventSource, providers, clock }),
    deadLetters: createOutcomeQueue(sqs, deadLetterQueueUrl),
    report: createReport({ log, metrics, providers, clock }),
    log,
    metrics,
  };
}
