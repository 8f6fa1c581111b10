import { describe, expect, it, vi } from 'vitest';
import { type BatchAnswer, createBatcher } from '../lib/aws/batcher.ts';

const FOREVER_MS = 2 ** 31 - 1;

const acceptAll = (entries: readonly string[]): BatchAnswer => ({
  Successful: entries.map((_, index) => ({ Id: String(index) })),
});

/** A batcher of texts, each of as many bytes as letters; and the batches that it has sent. */
function openBatcher({ lingerMs = FOREVER_MS, maxBytes = 100, answer = acceptAll } = {}) {
  const sent: string[][] = [];
  const batcher = createBatcher<string>({
    send: async (entries) => {
      sent.push([...entries]);
      return answer(entries);
    },
    bytesOf: (entry) => entry.length,
    maxBytes,
    lingerMs,
  });
  const sendNow = () => {
    batcher.join();
    batcher.leave();
  };
  return { ...batcher, sendNow, sent };
}

const ten = Array.from('abcdefghij');

describe('A batcher', () => {
  it('sends ten entries as soon as it has them, in their order', async () => {
    const { add, sent } = openBatcher();
    await Promise.all(ten.map(add));
    expect(sent).toEqual([ten]);
  });

  it('keeps the eleventh entry for the next batch', async () => {
    const { add, sendNow, sent } = openBatcher();
    const added = Promise.all([...ten, 'k'].map(add));
    expect(sent).toEqual([ten]);
    sendNow();
    await added;
    expect(sent).toEqual([ten, ['k']]);
  });

  it('fills a batch up to its bytes and no further', async () => {
    const { add, sendNow, sent } = openBatcher({ maxBytes: 5 });
    const added = Promise.all(['aaa', 'bb', 'c', 'dddd', 'e'].map(add));
    expect(sent).toEqual([
      ['aaa', 'bb'],
      ['c', 'dddd'],
    ]);
    sendNow();
    await added;
    expect(sent[2]).toEqual(['e']);
  });

  it('sends an entry that is too large by itself all the same, and alone', async () => {
    const { add, sendNow, sent } = openBatcher({ maxBytes: 5 });
    const added = Promise.all(['a', 'bbbbbb', 'c'].map(add));
    sendNow();
    await added;
    expect(sent).toEqual([['a'], ['bbbbbb'], ['c']]);
  });

  it('sends what has no company after a while, every time', async () => {
    const { add, sent } = openBatcher({ lingerMs: 1 });
    await add('a');
    await add('b');
    expect(sent).toEqual([['a'], ['b']]);
  });

  it('waits for the first entry of a batch, however many follow', () => {
    vi.useFakeTimers();
    try {
      const { add, sent } = openBatcher({ lingerMs: 50 });
      void add('a');
      vi.advanceTimersByTime(30);
      void add('b');
      vi.advanceTimersByTime(19);
      expect(sent).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(sent).toEqual([['a', 'b']]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits anew after a batch that was full', () => {
    vi.useFakeTimers();
    try {
      const { add, sent } = openBatcher({ lingerMs: 50 });
      void add('a');
      vi.advanceTimersByTime(30);
      for (const entry of Array.from('bcdefghij')) void add(entry);
      void add('k');
      vi.advanceTimersByTime(49);
      expect(sent).toEqual([ten]);
      vi.advanceTimersByTime(1);
      expect(sent).toEqual([ten, ['k']]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('sends what it has in one batch once the last who may add something has left', async () => {
    const { add, join, leave, sent } = openBatcher();
    for (const _ of ten) join();
    const added = ten.slice(0, 9).map((entry) => {
      const one = add(entry);
      leave();
      return one;
    });
    expect(sent).toEqual([]);
    leave();
    await Promise.all(added);
    expect(sent).toEqual([ten.slice(0, 9)]);
  });

  it('sends nothing where nothing waits', () => {
    const { sendNow, sent } = openBatcher();
    sendNow();
    expect(sent).toEqual([]);
  });

  it('tells each entry its own answer, and takes silence for a refusal', async () => {
    const answer = () => ({
      Successful: [{ Id: '2' }],
      Failed: [
        { Id: '0', Code: 'InternalError' },
        { Id: '3', Code: undefined },
      ],
    });
    const { add, sendNow } = openBatcher({ answer });
    const added = Promise.allSettled(['a', 'b', 'c', 'd'].map(add));
    sendNow();
    const refused = (name: string) => ({
      status: 'rejected',
      reason: expect.objectContaining({ name, message: `SQS did not accept the entry: ${name}` }),
    });
    expect(await added).toEqual([
      refused('InternalError'),
      refused('NotConfirmed'),
      { status: 'fulfilled', value: undefined },
      refused('NotConfirmed'),
    ]);
  });

  it('takes an answer that names no entry for a refusal of all', async () => {
    const { add, sendNow } = openBatcher({ answer: () => ({}) });
    const added = Promise.allSettled([add('a'), add('b')]);
    sendNow();
    const refused = { status: 'rejected', reason: expect.objectContaining({ name: 'NotConfirmed' }) };
    expect(await added).toEqual([refused, refused]);
  });

  it('fails every entry of a batch that could not be sent, and goes on', async () => {
    const error = new Error('no route');
    let calls = 0;
    const answer = (entries: readonly string[]) => {
      calls += 1;
      if (calls === 1) throw error;
      return acceptAll(entries);
    };
    const { add, sendNow } = openBatcher({ answer });
    const added = Promise.allSettled([add('a'), add('b')]);
    sendNow();
    expect(await added).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
    ]);
    const next = add('c');
    sendNow();
    expect(await next).toBeUndefined();
  });
});
