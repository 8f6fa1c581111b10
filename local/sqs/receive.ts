import * as z from 'zod';
import type { JsonObject } from '../../lib/json.ts';
import { type Messages, md5, queueName, type Received } from './messages.ts';
import { type Repair, type Repairs, repair } from './repair.ts';

const names = z.array(z.string()).default([]);

const receiveRequest = z.looseObject({
  QueueUrl: z.string(),
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
  VisibilityTimeout: z.number().optional(),
});

const message = z.looseObject({
  Body: z.string(),
  ReceiptHandle: z.string(),
  Attributes: z.record(z.string(), z.string()).optional(),
});
const receiveAnswer = z.looseObject({ Messages: z.array(message).optional() });

type ReceiveRequest = z.infer<typeof receiveRequest>;
type Message = z.infer<typeof message>;

/** Deletes a message in the emulator. */
export type Discard = (message: { QueueUrl: string; ReceiptHandle: string }) => Promise<unknown>;

/**
 * ReceiveMessage with the bodies as they were sent, and every attribute that was asked for. What was deleted after its
 * visibility was over, which the emulator does not know of, is not received again. A visibility that is asked for is
 * multiplied by `scale`, as in a change of it.
 */
export function receiveRepairs(messages: Messages, scale: number, discard: Discard): Repairs {
  const scaled = (request: ReceiveRequest): ReceiveRequest => {
    const { VisibilityTimeout } = request;
    if (VisibilityTimeout === undefined) return request;
    return { ...request, VisibilityTimeout: Math.ceil(VisibilityTimeout * scale) };
  };
  const receive: Repair = async (body, emulator) => {
    const deleted: string[] = [];
    let count = 0;
    const after = (answer: unknown, request: ReceiveRequest) => {
      const received = receiveAnswer.parse(answer);
      const Messages = received.Messages?.flatMap((message) => {
        const revealed = reveal(messages, request, message);
        if (revealed === undefined) deleted.push(message.ReceiptHandle);
        return revealed ?? [];
      });
      count = Messages?.length ?? 0;
      return { ...received, Messages };
    };
    const answer = await repair(receiveRequest, scaled, after)(body, emulator);
    for (const ReceiptHandle of deleted) await discard({ QueueUrl: String(body.QueueUrl), ReceiptHandle });
    return deleted.length > 0 && count === 0 ? receive(body, emulator) : answer;
  };
  return [['ReceiveMessage', receive]];
}

/** Undefined for a message that was deleted. */
function reveal(messages: Messages, request: ReceiveRequest, message: Message): JsonObject | undefined {
  const { Attributes, MessageAttributes, MD5OfMessageAttributes, ...rest } = message;
  const received = messages.receive(message.Body, queueName(request.QueueUrl), message.ReceiptHandle);
  if (!received) return undefined;
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
