import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DeployedStack } from './stack.ts';

/** The queues of a stage, in the order in which a request passes them, by the outputs that tell their URLs. */
const QUEUES = {
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

/** How many messages are in each queue of a stage. */
export async function queueDepths({ outputs }: DeployedStack, region: string): Promise<QueueDepth[]> {
  const client = openSqs(region);
  try {
    return await Promise.all(
      Object.entries(QUEUES).map(async ([name, output]) => {
        const command = new GetQueueAttributesCommand({
          QueueUrl: outputs.get(output) ?? '',
          AttributeNames: [...COUNTS],
        });
        const { Attributes = {} } = await client.send(command);
        const messages = COUNTS.reduce((sum, count) => sum + Number(Attributes[count] ?? 0), 0);
        return { name: name as QueueName, messages };
      }),
    );
  } finally {
    client.destroy();
  }
}

/** Follows AWS_ENDPOINT_URL, as everything else does, and not the origin of the queue's URL. */
function openSqs(region: string): SQSClient {
  return new SQSClient({ region, useQueueUrlAsEndpoint: false });
}
