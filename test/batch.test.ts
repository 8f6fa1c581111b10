import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { settleBatch } from '../lib/records/batch.ts';
import { recordOf } from './deliveries.ts';

const standardArn = 'arn:aws:sqs:eu-central-1:1:requests';

/** A record called by its message group and its place, for example `a1`. */
function record(name: string, queueArn: string): SQSRecord {
  const attributes = { MessageGroupId: name.slice(0, 1) };
  return { ...recordOf('{}', { queueArn, attributes }), messageId: name };
}

function batchOf(names: readonly string[], queueArn = `${standardArn}.fifo`): SQSRecord[] {
  return names.map((name) => record(name, queueArn));
}

/** Settles records one by one, as the test says. */
function startSettling(records: readonly SQSRecord[]) {
  const waiting = new Map<string, (finished: boolean) => void>();
  const started: string[] = [];
  const unfinished = settleBatch(records, ({ messageId }) => {
    started.push(messageId);
    return new Promise((resolve) => waiting.set(messageId, resolve));
  });
  return {
    unfinished,
    started,
    settle: (name: string, finished: boolean) => waiting.get(name)?.(finished),
  };
}

function namesOf(records: readonly SQSRecord[]): string[] {
  return records.map(({ messageId }) => messageId);
}

describe('A batch from a standard queue', () => {
  test('is settled side by side, message groups or not', async () => {
    const { unfinished, started, settle } = startSettling(batchOf(['a1', 'a2', 'b1'], standardArn));
    expect(started).toEqual(['a1', 'a2', 'b1']);
    settle('b1', true);
    settle('a2', true);
    settle('a1', false);
    expect(namesOf(await unfinished)).toEqual(['a1']);
  });

  test('may be empty', async () => {
    expect(await settleBatch([], async () => true)).toEqual([]);
  });
});

describe('A batch from a FIFO queue', () => {
  test('is settled in order inside a group, and groups side by side', async () => {
    const { unfinished, started, settle } = startSettling(batchOf(['a1', 'a2', 'b1', 'a3', 'b2']));
    expect(started).toEqual(['a1', 'b1']);
    settle('b1', true);
    await vi.waitFor(() => expect(started).toEqual(['a1', 'b1', 'b2']));
    settle('a1', true);
    await vi.waitFor(() => expect(started).toEqual(['a1', 'b1', 'b2', 'a2']));
    settle('b2', true);
    settle('a2', true);
    await vi.waitFor(() => expect(started).toContain('a3'));
    settle('a3', true);
    expect(await unfinished).toEqual([]);
  });

  test('gives the rest of a group back untouched after a record that goes back, in the order it came', async () => {
    const { unfinished, started, settle } = startSettling(batchOf(['a1', 'a2', 'b1', 'a3', 'b2', 'a4']));
    settle('a1', true);
    await vi.waitFor(() => expect(started).toContain('a2'));
    settle('a2', false);
    settle('b1', true);
    await vi.waitFor(() => expect(started).toContain('b2'));
    settle('b2', false);
    expect(namesOf(await unfinished)).toEqual(['a2', 'a3', 'b2', 'a4']);
    expect(started).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('gives back, of every group, the first record that goes back and all after it', async () => {
    const name = fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 999 }))
      .map(([group, n]) => `${group}${n}`);
    const names = fc.uniqueArray(name, { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(names, fc.func(fc.boolean()), async (all, finishes) => {
        const failed = new Set<string>();
        const expected = all.filter((one) => {
          const group = one.slice(0, 1);
          if (!finishes(one)) failed.add(group);
          return failed.has(group);
        });
        const unfinished = await settleBatch(batchOf(all), async ({ messageId }) => finishes(messageId));
        expect(namesOf(unfinished)).toEqual(expected);
      }),
    );
  });
});
