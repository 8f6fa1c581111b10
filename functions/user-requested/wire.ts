import type { AwsClients } from '../../lib/aws/clients.ts';
import { createOutcomeQueue, toBoth } from '../../lib/aws/outcomes.ts';
import { createSecrets } from '../../lib/aws/secrets.ts';
import { createDelayQueue } from '../../lib/aws/visibility.ts';
import { createExchange } from '../../lib/calls/exchange.ts';
import type { createHttp } from '../../lib/calls/http.ts';
import type { Clock } from '../../lib/clock.ts';
import { readConfig } from '../../lib/config.ts';
import { createConnections } from '../../lib/connections/connections.ts';
import { createOutcomes } from '../../lib/events/outcomes.ts';
import { createRequestReader } from '../../lib/events/request.ts';
import type { Provider } from '../../lib/providers/provider.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createMetrics } from '../../lib/telemetry/metrics.ts';
import { createReport } from '../../lib/telemetry/report.ts';
import type { Dependencies } from './handler.ts';

/** Everything outside that `user-requested` touches. */
export interface Surroundings extends AwsClients {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly providers: readonly Provider[];
  readonly createHttp: typeof createHttp;
  readonly clock: Clock;
  /** Gets each line of the log and of the metrics. */
  readonly write: (line: string) => void;
  /** Whatever gathers these lines writes them now. */
  readonly flushLog: () => void;
}

/** Puts the parts together; throws one error that names every problem of the environment. */
export function wire({
  environment,
  providers,
  createHttp,
  clock,
  write,
  flushLog,
  ...aws
}: Surroundings): Dependencies {
  const config = readConfig(environment, providers);
  const log = createLog(config.logLevel, clock, write);
  const metrics = createMetrics(config.eventSource, clock, write);
  const secrets = createSecrets(aws.secretsManager, { clock, log, metrics });
  // One connection's calls in flight, and one more for its token.
  const openExchange = () => createExchange(createHttp(config.providerConcurrency + 1, clock), clock);
  const completions = createOutcomeQueue(aws.sqs, config.completionQueueUrl);
  const deadLetters = createOutcomeQueue(aws.sqs, config.deadLetterQueueUrl);
  return {
    readRequest: createRequestReader(providers),
    connections: createConnections({ config, secrets, openExchange, clock, log, metrics }),
    outcomes: createOutcomes({ source: config.eventSource, providers, clock }),
    completions,
    deadLetters: config.copyQueueUrl === undefined ? deadLetters : toBoth(deadLetters, completions),
    delays: createDelayQueue(aws.sqs, config.requestQueueUrl),
    maxReceives: config.maxReceives,
    report: createReport({ log, metrics, providers, clock }),
    clock,
    log,
    flushLog,
    metrics,
  };
}
