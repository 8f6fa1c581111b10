import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createOutcomeQueue } from '../../lib/aws/outcomes.ts';
import { createSecrets } from '../../lib/aws/secrets.ts';
import { createDelayQueue } from '../../lib/aws/visibility.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { readConfig } from '../../lib/config.ts';
import { createConnections } from '../../lib/connections.ts';
import { createOutcomes } from '../../lib/events/outcomes.ts';
import { createRequestReader } from '../../lib/events/request.ts';
import { createExchange } from '../../lib/exchange.ts';
import { createHttp } from '../../lib/http.ts';
import { providers } from '../../lib/providers/index.ts';
import { createLog } from '../../lib/telemetry.ts';
import { createHandler } from './handler.ts';

const config = readConfig(process.env, providers);
const log = createLog(config.logLevel, clock, (line) => process.stdout.write(line));
const sqs = new SQSClient();
const secrets = createSecrets(new SecretsManagerClient(), clock);
// One connection's calls in flight, and one more for its token.
const openExchange = () => createExchange(createHttp(config.providerConcurrency + 1), clock);

export const handler = createHandler({
  readRequest: createRequestReader(providers),
  connections: createConnections({ config, secrets, openExchange, clock, log }),
  outcomes: createOutcomes({ source: config.eventSource, providers, clock }),
  completions: createOutcomeQueue(sqs, config.completionQueueUrl),
  deadLetters: createOutcomeQueue(sqs, config.deadLetterQueueUrl),
  delays: createDelayQueue(sqs, config.requestQueueUrl),
  maxReceives: config.maxReceives,
  clock,
  log,
});
