import { createSqsClient } from '../../lib/aws/clients.ts';
import { systemClock } from '../../lib/clock.ts';
import { providers } from '../../lib/providers/index.ts';
import { createLines } from '../../lib/telemetry/lines.ts';
import { createHandler } from './handler.ts';
import { wire } from './wire.ts';

const lines = createLines((text) => process.stdout.write(text));

export const handler = createHandler(
  wire({
    environment: process.env,
    providers,
    sqs: createSqsClient(systemClock),
    clock: systemClock,
    write: lines.write,
    flushLog: lines.flush,
  }),
);
