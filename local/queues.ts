import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueArn } from './sqs/messages.ts';

export interface Queue {
  readonly url: string;
  readonly arn: string;
}

export interface Queues {
  readonly requests: Queue;
  readonly requestsExhausted: Queue;
  readonly completions: Queue;
  readonly deadLetters: Queue;
}

/** As deployed: six minutes. */
const OUTCOME_VISIBILITY_SECONDS = 360;
/** As deployed: a week, and two. */
const REQUEST_RETENTION_SECONDS = 7 * 86_400;
const OUTCOME_RETENTION_SECONDS = 14 * 86_400;
const EXHAUSTED_RECEIVES = 10;

/** Makes the four queues of a stage; `maxReceiveCount` is that of the requests queue. */
export async function createQueues(
  sqs: SQSClient,
  { visibilitySeconds, maxReceiveCount }: { visibilitySeconds: number; maxReceiveCount: number },
): Promise<Queues> {
  const create = async (name: string, redrive?: { to: Queue; after: number }): Promise<Queue> => {
    const isRead = redrive !== undefined;
    const QueueName = `usher-local-${name}`;
    const policy = redrive && { deadLetterTargetArn: redrive.to.arn, maxReceiveCount: redrive.after };
    const Attributes = {
      VisibilityTimeout: String(isRead ? visibilitySeconds : OUTCOME_VISIBILITY_SECONDS),
      MessageRetentionPeriod: String(isRead ? REQUEST_RETENTION_SECONDS : OUTCOME_RETENTION_SECONDS),
      ...(policy && { RedrivePolicy: JSON.stringify(policy) }),
    };
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return { url: QueueUrl, arn: queueArn(QueueName) };
  };

  const completions = await create('completions');
  const deadLetters = await create('dead-letters');
  // SQS counts receives for each queue; the emulator goes on counting, the move itself included.
  const after = maxReceiveCount + 1 + EXHAUSTED_RECEIVES;
  const requestsExhausted = await create('requests-exhausted', { to: deadLetters, after });
  const requests = await create('requests', { to: requestsExhausted, after: maxReceiveCount });
  return { requests, requestsExhausted, completions, deadLetters };
}
