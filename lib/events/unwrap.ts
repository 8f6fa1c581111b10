import { isObject, type JsonObject, parseJson } from '../json.ts';
import { DEAD_LETTERED } from './types.ts';

/** What arrived in one message, with its wrappings undone. */
export interface Received {
  /** The event as it was received, unknown attributes included; undefined where there is no JSON object. */
  readonly event: JsonObject | undefined;
  /** The text that is told where there is no event: the SQS body, or that of the redriven dead letter. */
  readonly body: string;
  /** How often an operator has brought this request back from the dead-letter queue. */
  readonly redrives: number;
}

interface Layer {
  readonly inner: unknown;
  readonly body?: string;
  /** Of a dead letter: how often the request has been brought back by now, as far as it tells. */
  readonly redrives?: number;
}

const MAX_WRAPPINGS = 3;

/**
 * Undoes SNS, EventBridge and dead-letter wrappings, one inside another at most three deep.
 * `redrivesAttribute` is the message attribute `redrives`, which a raw dead letter carries; `parse` answers with
 * undefined for what is not JSON.
 */
export function unwrap(body: string, redrivesAttribute?: string, parse = parseJson): Received {
  let redrives = redrivesAfter(redrivesAttribute) ?? 0;
  let value = parse(body);
  let text = body;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const layer = unwrapOnce(value, parse);
    if (layer === undefined) break;
    value = layer.inner;
    text = layer.body ?? text;
    redrives = Math.max(redrives, layer.redrives ?? 0);
  }
  return { event: isObject(value) ? value : undefined, body: text, redrives };
}

function unwrapOnce(value: unknown, parse: typeof parseJson): Layer | undefined {
  if (isDeadLetter(value)) return fromDeadLetter(value.data, parse);
  if (isNotification(value)) return { inner: parse(value.Message) };
  if (isEventBridgeEvent(value)) return { inner: fromEventBridge(value) };
  return undefined;
}

function isDeadLetter(value: unknown): value is JsonObject & { data: JsonObject } {
  if (!isObject(value) || value.type !== DEAD_LETTERED || !isObject(value.data)) return false;
  return isObject(value.data.request) || typeof value.data.body === 'string';
}

function fromDeadLetter(data: JsonObject, parse: typeof parseJson): Layer {
  const redrives = redrivesAfter(data.redrives) ?? 1;
  if (isObject(data.request)) return { inner: data.request, redrives };
  const body = String(data.body);
  return { inner: parse(body), body, redrives };
}

function isCloudEvent(value: unknown): boolean {
  return isObject(value) && 'specversion' in value;
}

function isNotification(value: unknown): value is JsonObject & { Message: string } {
  if (!isObject(value) || isCloudEvent(value)) return false;
  return value.Type === 'Notification' && typeof value.Message === 'string';
}

function isEventBridgeEvent(value: unknown): value is JsonObject {
  if (!isObject(value) || isCloudEvent(value)) return false;
  return typeof value['detail-type'] === 'string' && 'detail' in value;
}

function fromEventBridge({ detail, id, source, time, 'detail-type': type }: JsonObject): unknown {
  const isWhole = [isCloudEvent, isNotification, isEventBridgeEvent].some((is) => is(detail));
  return isWhole ? detail : { specversion: '1.0', id, source, type, time, data: detail };
}

/** One more than the count before; undefined where that is no count. */
function redrivesAfter(before: unknown): number | undefined {
  if (typeof before !== 'number' && (typeof before !== 'string' || before === '')) return undefined;
  const redrives = Number(before) + 1;
  return Number.isSafeInteger(redrives) && redrives > 0 ? redrives : undefined;
}
