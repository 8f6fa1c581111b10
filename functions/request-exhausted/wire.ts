import type { AwsClients } from '../../lib/aws/clients.ts';
import { createOutcomeQueue, toBoth } from '../../lib/aws/outcomes.ts';
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
  /** Whatever gathers these lines writes them now. */
  readonly flushLog: () => void;
}

/** Puts the parts together; throws one error that names every problem of the environment. */
export function wire({ environment, providers, sqs, clock, write, flushLog }: Surroundings): Dependencies {
  const { eventSource, deadLetterQueueUrl, copyQueueUrl, logLevel } = readOutcomeConfig(environment);
  const log = createLog(logLevel, clock, write);
  const metrics = createMetrics(eventSource, clock, write);
  const deadLetters = createOutcomeQueue(sqs, deadLetterQueueUrl);
  return {
    outcomes: createOutcomes({ source: eventSource, providers, clock }),
    deadLetters:
      copyQueueUrl === undefined ? deadLetters : toBoth(deadLetters, createOutcomeQueue(sqs, copyQueueUrl)),
    report: createReport({ log, metrics, providers, clock }),
    log,
    flushLog,
    metrics,
  };
}
