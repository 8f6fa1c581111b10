import type { Remote } from '../failure.ts';
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
  /** What earlier lives of the request left at the provider. */
  readonly remoteBefore: Remote;
}

interface Layer {
  readonly inner: unknown;
  readonly body?: string;
  readonly redrives?: number;
  readonly remoteBefore?: Remote;
}

const MAX_WRAPPINGS = 3;

/**
 * Undoes SNS, EventBridge and dead-letter wrappings, one inside another at most three deep.
 * `redrivesAttribute` is the message attribute `redrives`, which a raw dead letter carries.
 */
export function unwrap(body: string, redrivesAttribute?: string): Received {
  const before = redrivesFrom(redrivesAttribute);
  let value = parseJson(body);
  let text = body;
  let redrives: number | undefined;
  let remoteBefore: Remote = before === undefined ? 'absent' : 'unknown';
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const layer = unwrapOnce(value);
    if (layer === undefined) break;
    value = layer.inner;
    text = layer.body ?? text;
    redrives ??= layer.redrives;
    remoteBefore = layer.remoteBefore ?? remoteBefore;
  }
  return {
    event: isObject(value) ? value : undefined,
    body: text,
    redrives: redrives ?? (before === undefined ? 0 : before + 1),
    remoteBefore,
  };
}

function unwrapOnce(value: unknown): Layer | undefined {
  if (!isObject(value)) return undefined;
  if (isDeadLetter(value)) return fromDeadLetter(value.data);
  if ('specversion' in value) return undefined;
  if (value.Type === 'Notification' && typeof value.Message === 'string') {
    return { inner: parseJson(value.Message) };
  }
  if (typeof value['detail-type'] === 'string' && 'detail' in value) return fromEventBridge(value);
  return undefined;
}

function isDeadLetter(value: JsonObject): value is JsonObject & { data: JsonObject } {
  if (value.type !== DEAD_LETTERED || !isObject(value.data)) return false;
  return isObject(value.data.request) || typeof value.data.body === 'string';
}

function fromDeadLetter(data: JsonObject): Layer {
  const redrives = (redrivesFrom(data.redrives) ?? 0) + 1;
  const remoteBefore = data.remote === 'absent' ? 'absent' : 'unknown';
  if (isObject(data.request)) return { inner: data.request, redrives, remoteBefore };
  const body = String(data.body);
  return { inner: parseJson(body), body, redrives, remoteBefore };
}

function fromEventBridge(value: JsonObject): Layer {
  if (isObject(value.detail) && ('specversion' in value.detail || unwrapOnce(value.detail))) {
    return { inner: value.detail };
  }
  const attributes = { id: value.id, source: value.source, type: value['detail-type'], time: value.time };
  return { inner: { specversion: '1.0', ...attributes, data: value.detail } };
}

function redrivesFrom(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const count = Number(value);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
