import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

const MAX_MESSAGES_A_CALL = 10;
const PAUSE_AFTER_ERROR_MS = 200;

/** Reads a queue and deletes from it; an error becomes a line of log, and the message comes again later. */
export function createQueueReader(sqs: SQSClient, queueUrl: string, onLog: (line: string) => void) {
  const receive = (count: number, WaitTimeSeconds: number) =>
    sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(count, MAX_MESSAGES_A_CALL),
        WaitTimeSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );

  const remove = async (receiptHandles: readonly string[]) => {
    const Entries = receiptHandles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    for (const { Code, Message } of Failed) onLog(`DeleteMessageBatch: ${Code} ${Message}`);
  };

  return {
    /**
     * Up to 10 messages. The wait is short, as closing waits for it: a long poll that is cut off keeps the message it
     * was given.
     */
    async receive(count: number, waitSeconds = 1): Promise<Message[]> {
      try {
        return (await receive(count, waitSeconds)).Messages ?? [];
      } catch (error) {
        onLog(`ReceiveMessage: ${error}`);
        await delay(PAUSE_AFTER_ERROR_MS);
        return [];
      }
    },
    async remove(receiptHandles: readonly string[]): Promise<void> {
      for (let at = 0; at < receiptHandles.length; at += MAX_MESSAGES_A_CALL) {
        const some = receiptHandles.slice(at, at + MAX_MESSAGES_A_CALL);
        await remove(some).catch((error) => onLog(`DeleteMessageBatch: ${error}`));
      }
    },
  };
}
