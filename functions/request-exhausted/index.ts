import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../lib/clock.ts';
import { providers } from '../../lib/providers/index.ts';
import { createHandler } from './handler.ts';
import { wire } from './wire.ts';

export const handler = createHandler(
  wire({
    environment: process.env,
    providers,
    sqs: new SQSClient(),
    clock: systemClock,
    write: (line) => process.stdout.write(line),
  }),
);
