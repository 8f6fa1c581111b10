import type { CompletedEvent, DeadLetteredEvent } from './events.ts';
import type { RequestedEvent } from './request.ts';

/** What SQS takes in one message, in bytes. */
const MOST_BYTES = 1_048_576;

export interface SqsOptions {
  /** A queue is fair to tenants: one with many requests does not delay another one's single request. */
  readonly tenant?: string;
  /** X-Ray's trace, as in `AWSTraceHeader`. */
  readonly traceHeader?: string;
}

/** The members of SendMessage, and of an entry of SendMessageBatch. */
export interface SqsEntry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageSystemAttributes?: {
    readonly AWSTraceHeader: { readonly DataType: 'String'; readonly StringValue: string };
  };
}

/** An event as a message for the requests queue; `Id` is for SendMessageBatch. Throws where it is larger than SQS takes. */
export function toSqsEntry(event: RequestedEvent, { tenant, traceHeader }: SqsOptions = {}): SqsEntry {
  // SQS refuses these two characters, and JSON does not escape them by itself.
  const MessageBody = JSON.stringify(event).replace(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
  const bytes = new TextEncoder().encode(MessageBody).length;
  if (bytes > MOST_BYTES)
    throw new RangeError(`The request has ${bytes} bytes, and SQS takes ${MOST_BYTES}.`);
  return {
    Id: entryId(event.id),
    MessageBody,
    ...(tenant !== undefined && { MessageGroupId: tenant }),
    ...(traceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } },
    }),
  };
}

/** What an entry of a batch may be named: 80 letters, digits, hyphens and underscores. */
function entryId(id: string): string {
  return id.replace(/[^\w-]/g, '_').slice(0, 80);
}

export type OutcomeEvent = CompletedEvent | DeadLetteredEvent;

/** A dead letter that was too large for an event: the request as it was sent, with the rest in message attributes. */
export interface RawDeadLetter {
  readonly type: 'raw';
  /** The same for each copy; undefined where there was no room for it. */
  readonly id: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly body: string;
}

/** A message as SQS delivers it, to a Lambda function or to ReceiveMessage with `MessageAttributeNames: ['All']`. */
export interface OutcomeMessage {
  readonly body?: string;
  readonly Body?: string | undefined;
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string | undefined }>>;
  readonly MessageAttributes?:
    | Readonly<Record<string, { readonly StringValue?: string | undefined }>>
    | undefined;
}

/** Reads a message of an outcome queue; undefined where it is no answer of Usher. */
export function readOutcome(message: OutcomeMessage): OutcomeEvent | RawDeadLetter | undefined {
  const body = message.body ?? message.Body ?? '';
  const attribute = (name: string) =>
    message.messageAttributes?.[name]?.stringValue ?? message.MessageAttributes?.[name]?.StringValue;
  const event = parsed(body);
  if (isCompleted(event) || isDeadLettered(event)) return event;
  if (attribute('type') !== 'user.dead_lettered.v1' && attribute('code') === undefined) return undefined;
  return {
    type: 'raw',
    id: attribute('outcomeid'),
    code: attribute('code'),
    message: attribute('message'),
    body,
  };
}

export function isCompleted(event: unknown): event is CompletedEvent {
  return typeOf(event) === 'user.completed.v1';
}

export function isDeadLettered(event: unknown): event is DeadLetteredEvent {
  return typeOf(event) === 'user.dead_lettered.v1';
}

function typeOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'data' in event && 'type' in event
    ? event.type
    : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
