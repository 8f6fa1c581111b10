import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../lib/clock.ts';
import { createHttp } from '../../lib/http.ts';
import { providers } from '../../lib/providers/index.ts';
import { createHandler } from './handler.ts';
import { wire } from './wire.ts';

export const handler = createHandler(
  wire({
    environment: process.env,
    providers,
    sqs: new SQSClient(),
    secretsManager: new SecretsManagerClient(),
    createHttp,
    clock: systemClock,
    write: (line) => process.stdout.write(line),
  }),
);
