import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSHandler, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import {
  type Account,
  accountSchema,
  completionOf,
  createUser,
  deadLetterOf,
  Refused,
  signupSchema,
} from './shared/signup.ts';

const sqs = new SQSClient();
const secretsManager = new SecretsManagerClient();
const { COMPLETION_QUEUE_URL, DEAD_LETTER_QUEUE_URL, SECRET_NAME } = process.env;

/** As tutorials show it: one record after another, one send a message, `console.log`. */
export const handler: SQSHandler = async ({ Records }) => {
  const batchItemFailures: SQSBatchItemFailure[] = [];
  const account = await readAccount();
  for (const record of Records) {
    try {
      await handle(record, account);
    } catch (error) {
      console.error('Record failed', record.messageId, error);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
};

async function readAccount(): Promise<Account> {
  const { SecretString = '' } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId: SECRET_NAME }),
  );
  return accountSchema.parse(JSON.parse(SecretString));
}

async function handle({ body }: SQSRecord, account: Account): Promise<void> {
  try {
    const signup = signupSchema.parse(JSON.parse(body));
    const user = await createUser(signup, account);
    await send(COMPLETION_QUEUE_URL, completionOf(signup, user));
    console.log('User created', signup.id, user.name);
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof SyntaxError || error instanceof Refused))
      throw error;
    await send(DEAD_LETTER_QUEUE_URL, deadLetterOf(body, error));
    console.log('Request dead-lettered', error.name);
  }
}

async function send(QueueUrl: string | undefined, MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}
