import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import { region } from './aws/service.ts';

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MAX_PAYLOAD_BYTES = 6 * 1_048_576;

/** The events for these messages, in order: one, or more where they exceed what an invocation may carry. */
export function eventsOf(messages: readonly Message[], queueArn: string): SQSEvent[] {
  const events: SQSEvent[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const record = recordOf(message, queueArn);
    const size = Buffer.byteLength(JSON.stringify(record));
    bytes += size;
    if (bytes > MAX_PAYLOAD_BYTES) {
      events.push({ Records: [record] });
      bytes = size;
    } else {
      events.at(-1)?.Records.push(record);
    }
  }
  return events;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(message: Message, queueArn: string): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', MD5OfMessageAttributes } = message;
  const { Attributes = {}, MessageAttributes = {} } = message;
  const messageAttributes = Object.entries(MessageAttributes).map(([name, value]) => [
    name,
    attributeOf(value),
  ]);
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: {
      ...Attributes,
      ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? '',
      SentTimestamp: Attributes.SentTimestamp ?? '',
      SenderId: Attributes.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? '',
    },
    messageAttributes: Object.fromEntries(messageAttributes),
    md5OfBody: MD5OfBody,
    ...(MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: MD5OfMessageAttributes }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

function attributeOf({
  DataType = '',
  StringValue,
  BinaryValue,
}: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}
