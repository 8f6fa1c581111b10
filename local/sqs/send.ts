import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isObject } from '../../lib/json.ts';
import { type Messages, md5, queueName } from './messages.ts';
import { type Repairs, repair } from './repair.ts';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const MAX_BYTES = 1_048_576;
const ALLOWED = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u;

const attribute = z.looseObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const attributes = z.record(z.string(), attribute).default({});

const message = z.looseObject({
  MessageBody: z.string(),
  MessageAttributes: attributes,
  MessageSystemAttributes: attributes,
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
});
const sendRequest = message.extend({ QueueUrl: z.string() });
const sendBatchRequest = z.looseObject({
  QueueUrl: z.string(),
  Entries: z.array(message.extend({ Id: z.string() })),
});

type Message = z.infer<typeof message>;

/** SendMessage and SendMessageBatch with every body that SQS takes, of which the emulator refuses some. */
export function sendRepairs(messages: Messages): Repairs {
  const disguised = <T extends Message>(QueueUrl: string, entries: T[]) =>
    disguise(messages, queueName(QueueUrl), entries);
  return [
    [
      'SendMessage',
      repair(
        sendRequest,
        (request) => disguised(request.QueueUrl, [request])[0] ?? request,
        (answer, { MessageBody }) => ({ ...answer, MD5OfMessageBody: md5(MessageBody) }),
      ),
    ],
    [
      'SendMessageBatch',
      repair(
        sendBatchRequest,
        (request) => ({ ...request, Entries: disguised(request.QueueUrl, request.Entries) }),
        (answer, { Entries }) => ({ ...answer, Successful: withMd5(answer.Successful, Entries) }),
      ),
    ],
  ];
}

/** What SQS refuses keeps its characters or at least its size, so that the emulator refuses it too. */
function disguise<T extends Message>(messages: Messages, queue: string, entries: T[]): T[] {
  const fits = entries.reduce((bytes, each) => bytes + sizeOf(each), 0) <= MAX_BYTES;
  return entries.map((each) => {
    const { MessageBody, MessageGroupId, MessageSystemAttributes } = each;
    if (!ALLOWED.test(MessageBody)) return each;
    if (!fits) return { ...each, MessageBody: 'x'.repeat(Buffer.byteLength(MessageBody)) };
    const traceHeader = MessageSystemAttributes.AWSTraceHeader?.StringValue;
    const token = messages.add(queue, { body: MessageBody, messageGroupId: MessageGroupId, traceHeader });
    return { ...each, MessageBody: token, ...deduplication(queue, each) };
  });
}

// The emulator's own content-based deduplication would see the token.
function deduplication(queue: string, { MessageBody, MessageDeduplicationId }: Message) {
  if (!queue.endsWith('.fifo') || MessageDeduplicationId !== undefined) return {};
  return { MessageDeduplicationId: createHash('sha256').update(MessageBody).digest('hex') };
}

function withMd5(successful: unknown, entries: readonly (Message & { Id: string })[]) {
  const bodies = new Map(entries.map(({ Id, MessageBody }) => [Id, MessageBody]));
  const confirmed = Array.isArray(successful) ? successful.filter(isObject) : [];
  return confirmed.map((entry) => ({ ...entry, MD5OfMessageBody: md5(bodies.get(String(entry.Id)) ?? '') }));
}

function sizeOf({ MessageBody, MessageAttributes }: Message): number {
  let bytes = Buffer.byteLength(MessageBody);
  for (const [name, { DataType, StringValue = '', BinaryValue = '' }] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes += Buffer.byteLength(StringValue) + Buffer.byteLength(BinaryValue, 'base64');
  }
  return bytes;
}
