import type { SQSRecord } from 'aws-lambda';
import type { RemoteBefore } from '../records/failure.ts';
import { type Facts, factsOf } from './facts.ts';
import { DEAD_LETTERED } from './types.ts';
import { type Received, unwrap } from './unwrap.ts';

/** One message as SQS delivered it, unwrapped. */
export interface Delivery extends Received {
  readonly facts: Facts;
  readonly messageId: string;
  /** The ARN of the queue that the request was sent to. */
  readonly queueArn: string;
  /** The receive count of this delivery. */
  readonly attempts: number;
  /** The SQS body as received. */
  readonly sqsBody: string;
  /** When SQS got the message, and when it first gave it out, in milliseconds since the epoch. */
  readonly sentAt: number | undefined;
  readonly firstReceivedAt: number | undefined;
  /** X-Ray's trace, where the producer's side is traced. */
  readonly traceHeader: string | undefined;
  /** The message group: the producer's tenant on a fair queue, what is kept in order on a FIFO queue. */
  readonly groupId: string | undefined;
}

/** Reads a record, whatever its body. `queueArn` is that of the queue to which the request was sent. */
export function readDelivery(record: SQSRecord, queueArn: string): Delivery {
  const { body, messageId, attributes, messageAttributes } = record;
  const received = unwrap(body, redrivesIn(messageAttributes));
  return {
    ...received,
    facts: factsOf(received.event),
    messageId,
    queueArn,
    attempts: Number(attributes.ApproximateReceiveCount) || 1,
    sqsBody: body,
    sentAt: timeIn(attributes.SentTimestamp),
    firstReceivedAt: timeIn(attributes.ApproximateFirstReceiveTimestamp),
    traceHeader: traceIn(attributes.AWSTraceHeader),
    groupId: attributes.MessageGroupId,
  };
}

/** What is known of the user before this delivery has looked: an earlier one, or an earlier life, may have made it. */
export function remoteBefore({ attempts, redrives }: Delivery): RemoteBefore {
  return attempts > 1 || redrives > 0 ? 'unknown' : 'absent';
}

/** What a raw dead letter says of its redrives, which it may have had no room for. */
function redrivesIn({ redrives, type }: SQSRecord['messageAttributes'] = {}): string | undefined {
  return redrives?.stringValue ?? (type?.stringValue === DEAD_LETTERED ? '0' : undefined);
}

/** SQS takes nothing else for a trace, and an outcome that it refuses would never go out. */
function traceIn(header: string | undefined): string | undefined {
  return /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;|$)/.test(header ?? '') ? header : undefined;
}

/** The furthest from the epoch that a `Date` can be. */
const MAX_TIME_MS = 8.64e15;

function timeIn(milliseconds: string | undefined): number | undefined {
  const time = Number(milliseconds || Number.NaN);
  return Math.abs(time) <= MAX_TIME_MS ? time : undefined;
}
