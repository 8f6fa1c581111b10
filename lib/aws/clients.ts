import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';

/** The AWS clients of a function, each made once for a container. */
export interface AwsClients {
  readonly sqs: SQSClient;
  readonly secretsManager: SecretsManagerClient;
}
