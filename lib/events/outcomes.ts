import type { Clock } from '../clock.ts';
import { parseKeepingDigits } from '../json.ts';
import type { Provider } from '../providers/provider.ts';
import type { Failure, Remote } from '../records/failure.ts';
import { shortened } from '../text.ts';
import type { Delivery } from './delivery.ts';
import {
  MAX_MESSAGE_BYTES,
  type MessageAttributes,
  messageBytes,
  type OutcomeMessage,
  toAttribute,
  toBody,
} from './message.ts';
import { outcomeId } from './outcome-id.ts';
import type { CompletedEvent } from './outcome-schemas.ts';
import type { UserRequest } from './request.ts';
import { COMPLETED, DEAD_LETTERED } from './types.ts';
import { unwrap } from './unwrap.ts';

/** What a completion tells of the user, in the words of `completedSchema`. */
type CompletedUser = Pick<CompletedEvent['data'], 'result' | 'user'> & {
  readonly differences: readonly string[];
};

/** What is told of a request that ends without its user. */
export interface DeadLetter {
  readonly failure: Failure;
  readonly exhausted: boolean;
  readonly remote: Remote;
}

/** Makes the answers to requests. */
export interface Outcomes {
  /** The answer to a request whose user exists. */
  completed(delivery: Delivery, request: UserRequest, told: CompletedUser): OutcomeMessage;
  /**
   * The answer to a request that ends without its user. Where it would be too large for SQS, the body as received
   * goes on unchanged and attributes say the rest.
   */
  deadLettered(delivery: Delivery, letter: DeadLetter): OutcomeMessage;
}

export interface OutcomesOptions {
  /** The `source` of outcomes. */
  readonly source: string;
  /** Every registered provider. */
  readonly providers: readonly Pick<Provider, 'name'>[];
  readonly clock: Clock;
}

export function createOutcomes({ source, providers, clock }: OutcomesOptions): Outcomes {
  const names = new Set(providers.map(({ name }) => name));
  const context = (delivery: Delivery, type: string) => {
    const { id, subject, correlationid = id, traceparent, tracestate } = delivery.facts;
    return {
      specversion: '1.0',
      id: outcomeId(delivery, type),
      source,
      type,
      time: new Date(clock.now()).toISOString(),
      datacontenttype: 'application/json',
      subject,
      correlationid,
      causationid: id,
      traceparent,
      tracestate,
    };
  };

  return {
    completed(delivery, { id, source, time, provider, connection }, told) {
      const data = {
        request: { id, source, time },
        provider: provider.name,
        connection,
        ...told,
        attempts: delivery.attempts,
      };
      const attributes = { type: COMPLETED, provider: provider.name };
      const whole = context(delivery, COMPLETED);
      const body = toBody({ ...whole, data });
      const { traceHeader, groupId } = delivery;
      if (messageBytes(body, attributes) <= MAX_MESSAGE_BYTES)
        return { body, attributes, traceHeader, groupId };
      // What a producer sends along has no limit; the answer itself has, and matters more.
      const { subject, traceparent, tracestate, ...required } = whole;
      return { body: toBody({ ...required, correlationid: id, data }), attributes, traceHeader, groupId };
    },

    deadLettered(delivery, letter) {
      const { provider } = delivery.facts;
      const told = provider !== undefined && names.has(provider) ? { provider } : {};
      const attributes = { type: DEAD_LETTERED, ...told, code: letter.failure.code };
      const whole = context(delivery, DEAD_LETTERED);
      const body = ifItCanBeWritten(() => toBody({ ...whole, data: deadLetterData(delivery, letter) }));
      if (body !== undefined && messageBytes(body, attributes) <= MAX_MESSAGE_BYTES)
        return { body, attributes, traceHeader: delivery.traceHeader, groupId: delivery.groupId };
      return rawDeadLetter(delivery, { ...attributes, message: letter.failure.message, outcomeid: whole.id });
    },
  };
}

function deadLetterData(delivery: Delivery, { failure, exhausted, remote }: DeadLetter) {
  const { sqsBody, facts, attempts, queueArn, messageId, sentAt, firstReceivedAt, redrives } = delivery;
  const { httpStatus, providerCode, providerRequestId, issues, differences } = failure.told;
  // Read again, as a dead letter alone needs the digits of numbers.
  const { event, body } = unwrap(sqsBody, undefined, parseKeepingDigits);
  return {
    ...(event ? { request: event } : { body }),
    provider: facts.provider,
    connection: facts.connection,
    failure: {
      code: failure.code,
      message: shortened(failure.message, 2000),
      exhausted,
      httpStatus: isHttpStatus(httpStatus) ? httpStatus : undefined,
      providerCode,
      providerRequestId,
      issues: unlessEmpty(issues),
      differences: unlessEmpty(differences),
    },
    remote,
    attempts,
    origin: { queueArn, messageId, sentAt: isoTime(sentAt), firstReceivedAt: isoTime(firstReceivedAt) },
    redrives,
  };
}

function isHttpStatus(status = 0): boolean {
  return status >= 100 && status <= 599;
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function unlessEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length ? list : undefined;
}

/** Attributes that do not fit are left out in this order. */
const EXPENDABLE = ['message', 'outcomeid', 'redrives', 'provider', 'type', 'code'];

function rawDeadLetter(
  { sqsBody, redrives, traceHeader, groupId }: Delivery,
  told: MessageAttributes & { readonly message: string },
): OutcomeMessage {
  const attributes: Record<string, string | number> = {
    ...told,
    message: toAttribute(shortened(told.message, 256)),
    redrives,
  };
  for (const name of EXPENDABLE) {
    if (messageBytes(sqsBody, attributes) <= MAX_MESSAGE_BYTES) break;
    delete attributes[name];
  }
  return { body: sqsBody, attributes, traceHeader, groupId };
}

/** Undefined where an event nests so deep that it cannot be written again. */
function ifItCanBeWritten<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
