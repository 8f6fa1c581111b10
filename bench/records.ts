import type { SQSEvent, SQSRecord } from 'aws-lambda';

/** What a record leads to, in the order of a mixed batch. */
const MIXED = ['malformed', 'refused', 'unavailable'] as const;
export const MIXED_KINDS = MIXED.length;

/** An invocation's event with so many requests, numbered from `first`; a mixed one ends with those that go wrong. */
export function eventOf(first: number, size: number, isMixed = false): SQSEvent {
  return {
    Records: Array.from({ length: size }, (_, at) => {
      const kind = isMixed ? MIXED[at - (size - MIXED.length)] : undefined;
      return recordOf(
        first + at,
        kind === 'malformed' ? '{"specversion":"1.0",' : bodyOf(first + at, kind ?? 'user'),
      );
    }),
  };
}

/** The request's id. */
export function requestId(number: number): string {
  return `request-${number}`;
}

export function messageId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function bodyOf(number: number, name: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: requestId(number),
    source: 'https://signup.example.com',
    type: 'user.requested.v1',
    time: '2026-11-21T09:00:00Z',
    subject: `user-${number}`,
    data: {
      provider: 'fireworks',
      user: { email: `${name}.${number}@example.com`, displayName: `User ${number}` },
    },
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(number: number, body: string): SQSRecord {
  const now = String(Date.now());
  return {
    messageId: messageId(number),
    receiptHandle: `AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a${number}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: now,
      SenderId: '123456789012',
      ApproximateFirstReceiveTimestamp: now,
    },
    messageAttributes: {},
    md5OfBody: '00000000000000000000000000000000',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:requests',
    awsRegion: 'us-east-1',
  };
}
