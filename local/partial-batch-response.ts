import { isObject } from '../lib/json.ts';
import type { InvocationResult } from './lambda/function.ts';

/**
 * The ids of the messages that an invocation leaves in the queue, all of them where Lambda cannot tell.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failedMessageIds(
  result: InvocationResult,
  messageIds: readonly string[],
): ReadonlySet<string> {
  const all = new Set(messageIds);
  const named = result.ok ? namedFailures(result.payload) : undefined;
  if (named === undefined) return all;
  const isKnown = (id: unknown) => typeof id === 'string' && all.has(id);
  return named.every(isKnown) ? all.intersection(new Set(named)) : all;
}

function namedFailures(payload: unknown): unknown[] | undefined {
  if (payload === null) return [];
  if (!isObject(payload)) return undefined;
  const { batchItemFailures } = payload;
  if (batchItemFailures === null || Object.keys(payload).length === 0) return [];
  if (!Array.isArray(batchItemFailures)) return undefined;
  return batchItemFailures.map((failure) => (isObject(failure) ? failure.itemIdentifier : undefined));
}
