import { type JsonObject, parseJson } from '../json.ts';
import type { Issue } from '../schema.ts';

/** What an event carries, whichever way; `issue` where that is wrong, and then `data` may still be there. */
export interface Carried {
  readonly data?: unknown;
  readonly issue?: Issue;
}

/**
 * The event's `data`, or what its `data_base64` holds as JSON in UTF-8.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#31-handling-of-data
 */
export function dataOf({ data, data_base64: base64 }: JsonObject): Carried {
  if (base64 === undefined || base64 === null) return { data };
  if (data !== undefined && data !== null) return { data, issue: issue('must not stand beside data') };
  if (typeof base64 !== 'string') return { issue: issue('must be a string') };
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64)
    return { issue: issue('must be base64 in its standard alphabet, with padding') };
  const decoded = parseUtf8(bytes);
  return decoded === undefined ? { issue: issue('must hold JSON in UTF-8') } : { data: decoded };
}

function issue(message: string): Issue {
  return { path: 'data_base64', message };
}

function parseUtf8(bytes: Buffer): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
