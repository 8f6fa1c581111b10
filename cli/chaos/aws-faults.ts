import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Fault } from '../../local/aws/faults.ts';
import { createFaultPlan, type Rate } from './fault-plan.ts';

const FAULTS = new Map<string, (ids: readonly string[]) => Fault>([
  ['half of the entries failed', (ids) => ({ kind: 'fail-entries', ids: ids.slice(ids.length / 2) })],
  ['all entries failed', (ids) => ({ kind: 'fail-entries', ids })],
  ['throttled', () => ({ kind: 'error', name: 'ThrottlingException' })],
  ['server error', () => ({ kind: 'error', name: 'InternalFailure', status: 500 })],
  ['denied', () => ({ kind: 'error', name: 'AccessDeniedException' })],
  ['dropped before', () => ({ kind: 'drop', when: 'before' })],
  ['dropped after', () => ({ kind: 'drop', when: 'after' })],
]);

/** The SDK tries each call three times: only what happens several times in a row gets through to Usher. */
const rates: ReadonlyMap<string, readonly Rate[]> = new Map([
  [
    'SendMessageBatch',
    [
      { kind: 'half of the entries failed', every: 40 },
      { kind: 'all entries failed', every: 80 },
      { kind: 'throttled', every: 150, times: 6 },
      { kind: 'server error', every: 150, times: 6 },
      { kind: 'dropped before', every: 60 },
      { kind: 'dropped after', every: 60 },
    ],
  ],
  [
    'ChangeMessageVisibilityBatch',
    [
      { kind: 'half of the entries failed', every: 20, within: 6 },
      { kind: 'all entries failed', every: 40, within: 6 },
      { kind: 'throttled', every: 80, within: 6, times: 3 },
      { kind: 'dropped before', every: 40, within: 6 },
      { kind: 'dropped after', every: 40, within: 6 },
    ],
  ],
  [
    'DeleteMessageBatch',
    [
      { kind: 'half of the entries failed', every: 60, within: 15 },
      { kind: 'dropped before', every: 120, within: 15, times: 4 },
      { kind: 'dropped after', every: 60, within: 15 },
    ],
  ],
  [
    'ReceiveMessage',
    [
      { kind: 'dropped after', every: 60, within: 15 },
      { kind: 'throttled', every: 60, within: 15 },
    ],
  ],
  [
    'GetSecretValue',
    [
      { kind: 'server error', every: 40, within: 12 },
      { kind: 'throttled', every: 60, within: 12, times: 4 },
      { kind: 'dropped before', every: 40, within: 12 },
      { kind: 'denied', every: 80, within: 12 },
    ],
  ],
]);

/** The queues that the functions and their event source mappings use; the rest of the calls are those of the test itself. */
const DISTURBED = new Map([
  ['SendMessageBatch', /-(completions|dead-letters)$/],
  ['ChangeMessageVisibilityBatch', /-requests$/],
  ['DeleteMessageBatch', /-requests(-exhausted)?$/],
  ['ReceiveMessage', /-requests$/],
  ['GetSecretValue', /^/],
]);

/** Every kind of fault that calls of AWS may meet, with its operation. */
export const awsFaultKinds: readonly string[] = [...rates].flatMap(([operation, list]) =>
  list.map(({ kind }) => `${operation}: ${kind}`),
);

/** What goes wrong with the calls of SQS and Secrets Manager, one after another. */
export function createAwsFaults(seed: number, onFault: (kind: string) => void) {
  const plans = new Map(
    [...rates].map(([operation, list]) => [operation, createFaultPlan(seed, operation, list)]),
  );
  return (target: string, body: JsonObject): Fault | undefined => {
    const operation = target.slice(target.indexOf('.') + 1);
    if (!DISTURBED.get(operation)?.test(String(body.QueueUrl))) return undefined;
    const kind = plans.get(operation)?.();
    if (kind === undefined) return undefined;
    onFault(`${operation}: ${kind}`);
    return FAULTS.get(kind)?.(entryIds(body));
  };
}

function entryIds({ Entries }: JsonObject): string[] {
  return Array.isArray(Entries) ? Entries.filter(isObject).map(({ Id }) => String(Id)) : [];
}
