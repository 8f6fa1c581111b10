import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../clock.ts';
import { ATTEMPTS, dropDeadSockets, EACH_ATTEMPT } from './attempts.ts';

/** The AWS clients of a function, each made once for a container. */
export interface AwsClients {
  readonly sqs: SQSClient;
  readonly secretsManager: SecretsManagerClient;
}

/**
 * SQS without what a busy queue pays for and nobody uses: the check of each message's MD5, as TLS guards the bytes,
 * and the copy of each call for a logger that is not there.
 */
export function createSqsClient(clock: Pick<Clock, 'now'>): SQSClient {
  const client = new SQSClient({ requestHandler: ATTEMPTS, md5: false });
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.add(dropDeadSockets(client.config.requestHandler, clock), EACH_ATTEMPT);
  return client;
}

export function createSecretsManagerClient(clock: Pick<Clock, 'now'>): SecretsManagerClient {
  const client = new SecretsManagerClient({ requestHandler: ATTEMPTS });
  client.middlewareStack.add(dropDeadSockets(client.config.requestHandler, clock), EACH_ATTEMPT);
  return client;
}
