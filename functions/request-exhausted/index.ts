import { SQSClient } from '@aws-sdk/client-sqs';
import { createOutcomeQueue } from '../../lib/aws/outcomes.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { readOutcomeConfig } from '../../lib/config.ts';
import { createOutcomes } from '../../lib/events/outcomes.ts';
import { providers } from '../../lib/providers/index.ts';
import { createLog } from '../../lib/telemetry.ts';
import { createHandler } from './handler.ts';

const config = readOutcomeConfig(process.env);

export const handler = createHandler({
  outcomes: createOutcomes({ source: config.eventSource, providers, clock }),
  deadLetters: createOutcomeQueue(new SQSClient(), config.deadLetterQueueUrl),
  log: createLog(config.logLevel, clock, (line) => process.stdout.write(line)),
});
