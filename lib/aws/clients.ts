import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The AWS clients of a function, each made once for a container. */
export interface AwsClients {
  readonly sqs: SQSClient;
  readonly secretsManager: SecretsManagerClient;
}

/** SQS without the check of each message's MD5: TLS guards the bytes, and it would cost a tenth of a message's CPU. */
export function createSqsClient(): SQSClient {
  return new SQSClient({ md5: false });
}
