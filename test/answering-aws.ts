import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandInput,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';

/** A message that SQS has accepted. */
export interface SentMessage {
  readonly queueUrl: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** What SQS makes of a batch: it takes it, refuses it, or takes it while the caller hears of an error. */
export type Sending = 'taken' | 'refused' | 'taken unheard';

export type AnsweringAws = ReturnType<typeof createAnsweringAws>;

/** The AWS clients of `user-requested`; their calls are answered in this process. */
export function createAnsweringAws() {
  const sqs = new SQSClient({ region: 'us-east-1' });
  const secretsManager = new SecretsManagerClient({ region: 'us-east-1' });
  const secrets = new Map<string, string>();
  const sent: SentMessage[] = [];
  const delays = new Map<string, number>();
  const sendings: Sending[] = [];
  let secretReads = 0;
  let batchesSent = 0;
  let readable: Promise<unknown> = Promise.resolve();

  mockClient(secretsManager)
    .on(GetSecretValueCommand)
    .callsFake(async ({ SecretId }) => {
      secretReads += 1;
      await readable;
      const SecretString = secrets.get(SecretId);
      if (SecretString !== undefined) return { SecretString };
      throw new ResourceNotFoundException({ message: 'There is no such secret.', $metadata: {} });
    });

  const sendBatch = async ({ QueueUrl = '', Entries = [] }: SendMessageBatchCommandInput) => {
    batchesSent += 1;
    const sending = sendings.shift() ?? 'taken';
    if (sending !== 'refused') {
      const messages = Entries.map(({ MessageBody = '', MessageAttributes = {} }) => ({
        queueUrl: QueueUrl,
        body: MessageBody,
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
        ),
      }));
      sent.push(...messages);
    }
    if (sending !== 'taken') throw new Error('SQS did not answer');
    return { Successful: Entries.map(({ Id }) => ({ Id })) };
  };

  const delayBatch = async ({ Entries = [] }: ChangeMessageVisibilityBatchCommandInput) => {
    for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of Entries) {
      delays.set(ReceiptHandle, VisibilityTimeout);
    }
    return { Successful: Entries.map(({ Id }) => ({ Id })) };
  };

  mockClient(sqs)
    .on(SendMessageBatchCommand)
    .callsFake(sendBatch)
    .on(ChangeMessageVisibilityBatchCommand)
    .callsFake(delayBatch);

  return {
    sqs,
    secretsManager,
    /** Secrets by their whole name. */
    secrets,
    /** Everything that SQS has taken, in order. */
    sent,
    /** Seconds by receipt handle. */
    delays,
    /** What becomes of the next batches of outcomes; `taken` when there is nothing left here. */
    sendings,
    secretReads: () => secretReads,
    /** How many batches of outcomes SQS was given. */
    batchesSent: () => batchesSent,
    /** Secrets Manager answers only after that. */
    holdSecrets: (until: Promise<unknown>) => {
      readable = until;
    },
  };
}
