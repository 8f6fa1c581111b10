import type { Failure, Remote } from '../failure.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { UserSummary } from '../providers/provider.ts';
import type { Delivery } from './delivery.ts';
import {
  MAX_MESSAGE_BYTES,
  messageBytes,
  type OutcomeMessage,
  shortened,
  toAttribute,
  toBody,
} from './message.ts';
import { outcomeId } from './outcome-id.ts';
import {
  connectionSchema,
  DEFAULT_CONNECTION,
  identifierSchema,
  subjectSchema,
  type UserRequest,
} from './request.ts';
import { COMPLETED, DEAD_LETTERED } from './types.ts';

/** Where and when an outcome is made. */
export interface Origin {
  /** The `source` of outcomes. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is told of a user who exists now. */
export interface Completion {
  readonly result: 'created' | 'existing';
  readonly user: UserSummary;
  readonly differences: readonly string[];
}

/** What is told of a request that ends without a user of its own. */
export interface DeadLetter {
  readonly failure: Failure;
  readonly exhausted: boolean;
  readonly remote: Remote;
}

/** The answer to a request whose user exists. */
export function completed(
  delivery: Delivery,
  request: UserRequest,
  completion: Completion,
  origin: Origin,
): OutcomeMessage {
  const provider = request.provider.name;
  const event = {
    ...context(delivery, COMPLETED, origin),
    data: {
      request: { id: request.id, source: request.source, time: request.time },
      provider,
      connection: request.connection,
      ...completion,
      attempts: delivery.attempts,
    },
  };
  return { id: event.id, body: toBody(event), attributes: { type: COMPLETED, provider } };
}

/**
 * The answer to a request that ends without a user of its own. Where it would be too large for SQS, the body as
 * received goes on unchanged, and attributes say the rest. `provider` is the name of a registered one.
 */
export function deadLettered(
  delivery: Delivery,
  provider: string | undefined,
  letter: DeadLetter,
  origin: Origin,
): OutcomeMessage {
  const { code } = letter.failure;
  const event = deadLetterEvent(delivery, letter, origin);
  const attributes = { type: DEAD_LETTERED, ...(provider !== undefined && { provider }), code };
  const body = toBodyIfPossible(event);
  if (body !== undefined && messageBytes(body, attributes) <= MAX_MESSAGE_BYTES) {
    return { id: event.id, body, attributes };
  }
  return rawDeadLetter(delivery, event.id, { ...attributes, message: event.data.failure.message });
}

function deadLetterEvent(delivery: Delivery, { failure, exhausted, remote }: DeadLetter, origin: Origin) {
  const { event } = delivery;
  const { httpStatus, providerCode, providerRequestId, issues, differences } = failure.details;
  return {
    ...context(delivery, DEAD_LETTERED, origin),
    data: {
      ...(event ? { request: event } : { body: delivery.body }),
      ...target(event),
      failure: {
        code: failure.code,
        message: shortened(failure.message, 2000),
        exhausted,
        httpStatus,
        providerCode,
        providerRequestId,
        issues: issues?.length ? issues : undefined,
        differences: differences?.length ? differences : undefined,
      },
      remote,
      attempts: delivery.attempts,
      origin: {
        queueArn: delivery.queueArn,
        messageId: delivery.messageId,
        sentAt: delivery.sentAt,
        firstReceivedAt: delivery.firstReceivedAt,
      },
      redrives: delivery.redrives,
    },
  };
}

/** Attributes that do not fit are left out in this order. */
const EXPENDABLE = ['message', 'outcomeid', 'redrives', 'provider', 'type', 'code'];

function rawDeadLetter(
  delivery: Delivery,
  id: string,
  told: { type: string; provider?: string; code: string; message: string },
): OutcomeMessage {
  const message = toAttribute(shortened(told.message, 256));
  const all: Record<string, string | number> = {
    ...told,
    message,
    outcomeid: id,
    redrives: delivery.redrives,
  };
  const body = delivery.sqsBody;
  for (const name of EXPENDABLE) {
    if (messageBytes(body, all) <= MAX_MESSAGE_BYTES) break;
    delete all[name];
  }
  return { id, body, attributes: all };
}

/** The CloudEvents attributes of an outcome, taken from the request as far as they are valid there. */
function context(delivery: Delivery, type: string, { source, now }: Origin) {
  const event = delivery.event ?? {};
  const id = identifierSchema.safeParse(event.id).data;
  return {
    specversion: '1.0',
    id: outcomeId(delivery, type),
    source,
    type,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    subject: subjectSchema.safeParse(event.subject).data,
    correlationid: textOf(event.correlationid) ?? id,
    causationid: id,
    traceparent: textOf(event.traceparent),
    tracestate: textOf(event.tracestate),
  };
}

function target(event: JsonObject | undefined) {
  if (!isObject(event?.data)) return {};
  const { provider, connection = DEFAULT_CONNECTION } = event.data;
  if (typeof provider !== 'string') return {};
  return { provider: shortened(provider, 255), connection: connectionSchema.safeParse(connection).data };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Undefined where the event nests so deep that it cannot be written again. */
function toBodyIfPossible(event: unknown): string | undefined {
  try {
    return toBody(event);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
