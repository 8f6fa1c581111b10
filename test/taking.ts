import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Queue } from '../local/queues.ts';

/** Up to ten messages with all their attributes, without waiting for any. */
export async function receiveMessages(sqs: SQSClient, { url }: Queue): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  return (await sqs.send(command)).Messages ?? [];
}

/** Receives messages and deletes them. */
export async function takeMessages(sqs: SQSClient, queue: Queue): Promise<Message[]> {
  const messages = await receiveMessages(sqs, queue);
  for (const { ReceiptHandle } of messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
  }
  return messages;
}
