import { factsOf } from '../../lib/events/facts.ts';
import { COMPLETED, DEAD_LETTERED } from '../../lib/events/types.ts';
import { unwrap } from '../../lib/events/unwrap.ts';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { loggable } from '../../lib/telemetry/log.ts';
import type { Message } from '../aws/queue.ts';

/** A message of the dead-letter queue, with what it tells; all of that comes from outside, and may be anything. */
export interface Letter extends Message {
  /** A dead-letter event of ours, a body that was too large for one, or neither. */
  readonly kind: 'event' | 'raw' | 'other';
  readonly code: string | undefined;
  /** What failed, in words. */
  readonly message: string | undefined;
  readonly provider: string | undefined;
  readonly connection: string | undefined;
  readonly remote: string | undefined;
  /** When the request ended, in milliseconds since 1970. */
  readonly at: number;
  /** Of the outcome; the same for each copy of one letter. */
  readonly outcomeId: string | undefined;
  readonly requestId: string | undefined;
  readonly source: string | undefined;
}

/** Reads a message of the dead-letter queue, whatever it holds. */
export function readLetter(message: Message): Letter {
  const value = parseJson(message.body);
  const event = isObject(value) && value.type === DEAD_LETTERED && isObject(value.data) ? value : undefined;
  const { id, source, provider, connection } = factsOf(unwrap(message.body).event);
  const attribute = (name: string) => message.attributes[name]?.StringValue;
  const request = { requestId: id, source };
  if (event !== undefined) return { ...message, ...told(event, message), ...request, kind: 'event' };
  const code = attribute('code');
  return {
    ...message,
    ...request,
    kind: code === undefined ? 'other' : 'raw',
    // SQS itself moves what request-exhausted could not answer.
    code: code ?? (message.movedFrom === undefined ? undefined : 'delivery_exhausted'),
    message: attribute('message'),
    provider: attribute('provider') ?? provider,
    connection,
    remote: undefined,
    at: message.sentAt,
    outcomeId:
      attribute('outcomeid') ?? (isObject(value) && value.type === COMPLETED ? textOf(value.id) : undefined),
  };
}

function told(event: JsonObject, { sentAt }: Message) {
  const data = isObject(event.data) ? event.data : {};
  const failure = isObject(data.failure) ? data.failure : {};
  const at = Date.parse(String(event.time));
  return {
    code: textOf(failure.code),
    message: textOf(failure.message),
    provider: textOf(data.provider),
    connection: textOf(data.connection),
    remote: textOf(data.remote),
    at: Number.isNaN(at) ? sentAt : at,
    outcomeId: textOf(event.id),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The names under which a letter may be asked for. */
export function namesOf({ messageId, outcomeId, requestId }: Letter): string[] {
  return [messageId, outcomeId, requestId].filter((name) => name !== undefined);
}

/** A letter as an audit tells it: nothing of the person. */
export function auditedLetter({ messageId, requestId, code }: Letter) {
  return { messageId, requestId: loggable(requestId), code };
}
