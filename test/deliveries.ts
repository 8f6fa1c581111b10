import type { SQSRecord } from 'aws-lambda';
import { type Delivery, readDelivery } from '../lib/events/delivery.ts';
import type { JsonObject } from '../lib/json.ts';

export const requestsArn = 'arn:aws:sqs:eu-central-1:123456789012:requests';
export const messageId = '4f1c9a53-9d2c-4c8f-8a43-5f5d9f3b2a10';

export interface RecordOptions {
  readonly queueArn?: string;
  readonly receives?: number;
  /** Message attributes. */
  readonly redrives?: string | undefined;
  readonly type?: string;
  readonly attributes?: Partial<SQSRecord['attributes']>;
}

/** A record as Lambda gets it; a body that is no string is written as JSON. */
export function recordOf(body: unknown, options: RecordOptions = {}): SQSRecord {
  const { queueArn = requestsArn, receives = 1, redrives, type, attributes = {} } = options;
  return {
    messageId,
    receiptHandle: 'handle',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '1790000000000',
      SenderId: 'AIDAEXAMPLE',
      ApproximateFirstReceiveTimestamp: '1790000001000',
      ...attributes,
    },
    messageAttributes: {
      ...(redrives !== undefined && { redrives: { dataType: 'Number', stringValue: redrives } }),
      ...(type !== undefined && { type: { dataType: 'String', stringValue: type } }),
    },
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: 'eu-central-1',
  };
}

export function deliveryOf(body: unknown, options?: RecordOptions): Delivery {
  const record = recordOf(body, options);
  return readDelivery(record, record.eventSourceARN);
}

/** A valid request for Fireworks, with the given members in place of its own. */
export function fireworksRequest(event: object = {}, user: object = {}): JsonObject {
  return requestOf({ provider: 'fireworks', user: { email: 'ada@example.com', ...user } }, event);
}

/** A valid request for Vectara, with the given members in place of its own. */
export function vectaraRequest(event: object = {}, user: object = {}): JsonObject {
  return requestOf({ provider: 'vectara', user: { email: 'ada@example.com', ...user } }, event);
}

export function requestOf(data: unknown, event: object = {}): JsonObject {
  return {
    specversion: '1.0',
    id: 'r-1',
    source: 'urn:signup',
    type: 'user.requested.v1',
    data,
    ...event,
  };
}

/** An event of ours that tells of a request's end, as far as a redrive needs it. */
export function deadLetterOf(data: object): JsonObject {
  return {
    specversion: '1.0',
    id: '8f0c4e0a-6a35-5d1c-9d3b-0a8f6f1a2b3c',
    source: 'urn:usher:test',
    type: 'user.dead_lettered.v1',
    data,
  };
}

export function notificationOf(message: unknown): JsonObject {
  const Message = typeof message === 'string' ? message : JSON.stringify(message);
  return { Type: 'Notification', MessageId: 'sns-1', TopicArn: 'arn:aws:sns:eu-central-1:1:t', Message };
}

/** An EventBridge event with its own `id`, `source` and `time`. */
export function busEventOf(detailType: string, detail: unknown): JsonObject {
  return {
    version: '0',
    id: 'bus-1',
    'detail-type': detailType,
    source: 'com.example.signup',
    account: '123456789012',
    time: '2026-11-21T10:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail,
  };
}
