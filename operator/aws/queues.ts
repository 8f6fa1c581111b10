import { GetQueueAttributesCommand, QueueDoesNotExist, type SQSClient } from '@aws-sdk/client-sqs';
import { openSqs } from './queue.ts';
import type { DeployedStack } from './stack.ts';

/** The queues of a stage, in the order in which a request passes them, by the outputs that tell their URLs. */
export const QUEUES = {
  requests: 'RequestsQueueUrl',
  'requests-exhausted': 'RequestsExhaustedQueueUrl',
  completions: 'CompletionsQueueUrl',
  'dead-letters': 'DeadLettersQueueUrl',
} as const;

export type QueueName = keyof typeof QUEUES;

export interface QueueDepth {
  readonly name: QueueName;
  /** Messages that can be received, were received and may come back, or are delayed; about so many. */
  readonly messages: number;
}

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** How many messages are in each queue of a stage; a queue that is not there has no entry. */
export async function queueDepths({ outputs }: DeployedStack, region: string): Promise<QueueDepth[]> {
  const client = openSqs(region);
  try {
    const found = Object.entries(QUEUES).map(async ([name, output]) => {
      const url = outputs.get(output);
      const messages = url === undefined ? undefined : await messagesIn(client, url);
      return messages === undefined ? [] : [{ name: name as QueueName, messages }];
    });
    return (await Promise.all(found)).flat();
  } finally {
    client.destroy();
  }
}

async function messagesIn(client: SQSClient, QueueUrl: string): Promise<number | undefined> {
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] });
    const { Attributes = {} } = await client.send(command);
    return COUNTS.reduce((sum, count) => sum + Number(Attributes[count] ?? 0), 0);
  } catch (error) {
    // A removal that got stuck may have taken it along.
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}
