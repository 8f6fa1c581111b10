import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import { parse } from '@aws-lambda-powertools/parser';
import { JSONStringified } from '@aws-lambda-powertools/parser/helpers';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import {
  type Account,
  accountSchema,
  completionOf,
  createUser,
  deadLetterOf,
  Refused,
  type Signup,
  signupSchema,
} from './signup.ts';

/** Creates the user and publishes the completion. */
export type Provision = (signup: Signup, account: Account) => Promise<{ userId: string }>;

const logger = new Logger();
const metrics = new Metrics();
const sqs = new SQSClient();
const processor = new BatchProcessor(EventType.SQS);
const bodySchema = JSONStringified(signupSchema);
const { COMPLETION_QUEUE_URL, DEAD_LETTER_QUEUE_URL, SECRET_NAME = '' } = process.env;

/** A handler with Powertools' logger, metrics, batch, parameters and parser. */
export function createPowertoolsHandler(provision: Provision) {
  async function handle({ body, messageId }: SQSRecord, account: Account): Promise<void> {
    const parsed = parse(body, undefined, bodySchema, true);
    if (!parsed.success) return deadLetter(body, messageId, parsed.error);
    try {
      const { userId } = await provision(parsed.data, account);
      logger.info('user created', { messageId, requestId: parsed.data.id, userId });
      metrics.addMetric('UserCreated', MetricUnit.Count, 1);
    } catch (error) {
      // Where the function is made idempotent, its error comes back as it was or as the cause of another.
      const refused = [error, error instanceof Error && error.cause].find((one) => one instanceof Refused);
      if (refused === undefined) throw error;
      await deadLetter(body, messageId, refused);
    }
  }

  return async (event: SQSEvent, context: Context) => {
    logger.addContext(context);
    try {
      const secret = await getSecret(SECRET_NAME, { transform: 'json', maxAge: 300 });
      const account = accountSchema.parse(secret);
      return await processPartialResponse(event, (record: SQSRecord) => handle(record, account), processor, {
        context,
        throwOnFullBatchFailure: false,
      });
    } finally {
      metrics.publishStoredMetrics();
    }
  };
}

export const provision: Provision = async (signup, account) => {
  const user = await createUser(signup, account);
  await send(COMPLETION_QUEUE_URL, completionOf(signup, user));
  return { userId: user.name };
};

async function deadLetter(body: string, messageId: string, error: Error): Promise<void> {
  await send(DEAD_LETTER_QUEUE_URL, deadLetterOf(body, error));
  logger.warn('request dead-lettered', { messageId, error: error.name });
  metrics.addMetric('RequestDeadLettered', MetricUnit.Count, 1);
}

async function send(QueueUrl: string | undefined, MessageBody: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}
