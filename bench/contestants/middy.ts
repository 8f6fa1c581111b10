import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import secretsManager from '@middy/secrets-manager';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
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
const { COMPLETION_QUEUE_URL, DEAD_LETTER_QUEUE_URL, SECRET_NAME = '' } = process.env;

/** Middy with its middlewares for secrets and partial batch responses; records run side by side. */
export const handler = middy<SQSEvent>()
  .use(
    secretsManager({
      fetchData: { fireworks: SECRET_NAME },
      cacheExpiry: 5 * 60_000,
      setToContext: true,
    }),
  )
  .use(sqsPartialBatchFailure())
  .handler(async ({ Records }: SQSEvent, context: Context & { fireworks?: unknown }) => {
    const account = accountSchema.parse(context.fireworks);
    return Promise.allSettled(Records.map((record) => handle(record, account)));
  });

async function handle({ body, messageId }: SQSRecord, account: Account): Promise<void> {
  try {
    const signup = signupSchema.parse(JSON.parse(body));
    const user = await createUser(signup, account);
    await send(COMPLETION_QUEUE_URL, completionOf(signup, user));
    log('user created', { messageId, requestId: signup.id, userId: user.name });
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof SyntaxError || error instanceof Refused))
      throw error;
    await send(DEAD_LETTER_QUEUE_URL, deadLetterOf(body, error));
    log('request dead-lettered', { messageId, error: error.name });
  }
}

async function send(QueueUrl: string | undefined, MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

function log(message: string, fields: Record<string, string>): void {
  console.log(JSON.stringify({ level: 'INFO', message, ...fields }));
}
