import * as z from 'zod';
import type { JsonObject } from '../../lib/json.ts';
import { type Messages, md5, queueName, type Received } from './messages.ts';
import { type Repairs, repair, unchanged } from './repair.ts';

const names = z.array(z.string()).default([]);

const receiveRequest = z.looseObject({
  QueueUrl: z.string(),
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
});

const message = z.looseObject({
  Body: z.string(),
  ReceiptHandle: z.string(),
  Attributes: z.record(z.string(), z.string()).optional(),
});
const receiveAnswer = z.looseObject({ Messages: z.array(message).optional() });

type ReceiveRequest = z.infer<typeof receiveRequest>;
type Message = z.infer<typeof message>;

/** ReceiveMessage with the bodies as they were sent, and every attribute that was asked for. */
export function receiveRepairs(messages: Messages): Repairs {
  const after = (answer: unknown, request: ReceiveRequest) => {
    const received = receiveAnswer.parse(answer);
    return { ...received, Messages: received.Messages?.map((each) => reveal(messages, request, each)) };
  };
  return [['ReceiveMessage', repair(receiveRequest, unchanged, after)]];
}

function reveal(messages: Messages, request: ReceiveRequest, message: Message): JsonObject {
  const { Attributes, MessageAttributes, MD5OfMessageAttributes, ...rest } = message;
  const received = messages.receive(message.Body, queueName(request.QueueUrl), message.ReceiptHandle);
  if (!received) return message;
  return {
    ...rest,
    // The emulator adds them unasked.
    ...(request.MessageAttributeNames.length > 0 && { MessageAttributes, MD5OfMessageAttributes }),
    ...(Attributes && { Attributes: systemAttributes(request, received, Attributes) }),
    Body: received.body,
    MD5OfBody: md5(received.body),
  };
}

function systemAttributes(
  request: ReceiveRequest,
  { messageGroupId, traceHeader, deadLetterQueueSourceArn, redrives }: Received,
  known: Record<string, string>,
): JsonObject {
  const asked = new Set([...request.AttributeNames, ...request.MessageSystemAttributeNames]);
  const more = Object.entries({
    MessageGroupId: messageGroupId,
    AWSTraceHeader: traceHeader,
    DeadLetterQueueSourceArn: deadLetterQueueSourceArn,
    // The emulator counts the move into a dead-letter queue as a receive, SQS does not.
    ApproximateReceiveCount: String(Number(known.ApproximateReceiveCount) - redrives),
  });
  return { ...known, ...Object.fromEntries(more.filter(([name]) => asked.has('All') || asked.has(name))) };
}
