import type { SQSRecord } from 'aws-lambda';
import type { Remote } from '../failure.ts';
import { type Received, unwrap } from './unwrap.ts';

/** One message as SQS delivered it, unwrapped. */
export interface Delivery extends Received {
  readonly messageId: string;
  /** The ARN of the queue that the request was sent to. */
  readonly queueArn: string;
  /** The receive count of this delivery. */
  readonly attempts: number;
  /** The SQS body as received. */
  readonly sqsBody: string;
  readonly sentAt: string | undefined;
  readonly firstReceivedAt: string | undefined;
}

/** Reads a record; never throws, whatever its body. */
export function readDelivery(record: SQSRecord): Delivery {
  const { attributes, messageAttributes } = record;
  return {
    ...unwrap(record.body, messageAttributes?.redrives?.stringValue),
    messageId: record.messageId,
    queueArn: attributes.DeadLetterQueueSourceArn ?? record.eventSourceARN,
    attempts: Number(attributes.ApproximateReceiveCount) || 1,
    sqsBody: record.body,
    sentAt: isoTime(attributes.SentTimestamp),
    firstReceivedAt: isoTime(attributes.ApproximateFirstReceiveTimestamp),
  };
}

/** What is known of the user before this delivery has looked. */
export function remoteBefore(delivery: Delivery): Remote {
  return delivery.attempts > 1 ? 'unknown' : delivery.remoteBefore;
}

function isoTime(milliseconds: string | undefined): string | undefined {
  const time = new Date(Number(milliseconds));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
