import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The AWS clients of a function, each made once for a container. */
export interface AwsClients {
  readonly sqs: SQSClient;
  readonly secretsManager: SecretsManagerClient;
}

/**
 * SQS without what a busy queue pays for and nobody uses: the check of each message's MD5, as TLS guards the bytes,
 * and the copy of each call for a logger that is not there.
 */
export function createSqsClient(): SQSClient {
  const client = new SQSClient({ md5: false });
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
