import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Remote } from '../records/failure.ts';
import { DEAD_LETTERED } from './types.ts';

/** What arrived in one message, with its wrappings undone. */
export interface Received {
  /** The event as it was received, unknown attributes included; undefined where there is no JSON object. */
  readonly event: JsonObject | undefined;
  /** The text that is told where there is no event: the SQS body, or that of the redriven dead letter. */
  readonly body: string;
  /** How often an operator has brought this request back from the dead-letter queue. */
  readonly redrives: number;
  /** What earlier lives of the request left at the provider. */
  readonly remoteBefore: Remote;
}

interface Layer {
  readonly inner: unknown;
  readonly body?: string;
  readonly life?: Life;
}

/** An earlier life of the request, which ended as a dead letter. */
interface Life {
  /** Undefined where the dead letter tells no count. */
  readonly redrives: number | undefined;
  readonly remote: Remote;
}

const MAX_WRAPPINGS = 3;

/**
 * Undoes SNS, EventBridge and dead-letter wrappings, one inside another at most three deep.
 * `redrivesAttribute` is the message attribute `redrives`, which a raw dead letter carries.
 */
export function unwrap(body: string, redrivesAttribute?: string): Received {
  const lives: Life[] = [];
  let value = parseJson(body);
  let text = body;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const layer = unwrapOnce(value);
    if (layer === undefined) break;
    value = layer.inner;
    text = layer.body ?? text;
    if (layer.life) lives.push(layer.life);
  }
  const redrives = redrivesFrom(redrivesAttribute);
  if (redrives !== undefined) lives.push({ redrives, remote: 'unknown' });
  return {
    event: isObject(value) ? value : undefined,
    body: text,
    redrives: lives.length === 0 ? 0 : (lives.find((life) => life.redrives !== undefined)?.redrives ?? 0) + 1,
    remoteBefore: lives.every(({ remote }) => remote === 'absent') ? 'absent' : 'unknown',
  };
}

function unwrapOnce(value: unknown): Layer | undefined {
  if (isDeadLetter(value)) return fromDeadLetter(value.data);
  if (isNotification(value)) return { inner: parseJson(value.Message) };
  if (isEventBridgeEvent(value)) return { inner: fromEventBridge(value) };
  return undefined;
}

function isDeadLetter(value: unknown): value is JsonObject & { data: JsonObject } {
  if (!isObject(value) || value.type !== DEAD_LETTERED || !isObject(value.data)) return false;
  return isObject(value.data.request) || typeof value.data.body === 'string';
}

function fromDeadLetter(data: JsonObject): Layer {
  const remote = data.remote === 'absent' ? 'absent' : 'unknown';
  const life: Life = { redrives: redrivesFrom(data.redrives), remote };
  if (isObject(data.request)) return { inner: data.request, life };
  const body = String(data.body);
  return { inner: parseJson(body), body, life };
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

function redrivesFrom(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value === '')) return undefined;
  const count = Number(value);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
