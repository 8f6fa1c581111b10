import type { Message } from '@aws-sdk/client-sqs';
import { ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { requestUser, toSqsEntry } from '../client/index.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { createFairOrder } from '../local/fair-order.ts';
import { startLocalUsher } from './local-usher.ts';

const MANY = 1_000;

describe('A fair queue', () => {
  test("does not let one tenant's thousand requests delay another one's single request", async () => {
    await using usher = await startLocalUsher();
    const { queues, sqs } = usher.stack;
    const ids = [...Array.from({ length: MANY }, (_, at) => `many-${at}`), 'single'];
    usher.stack.triggers.userRequested.setEnabled(false);
    await vi.waitUntil(() => usher.stack.triggers.userRequested.state() === 'Disabled', { timeout: 10_000 });
    for (let at = 0; at < ids.length; at += 10) {
      const Entries = ids.slice(at, at + 10).map((id) => {
        const event = requestUser({ provider: 'vectara', user: { email: `${id}@example.com` }, id });
        return toSqsEntry(event, { tenant: id === 'single' ? 'small' : 'large' });
      });
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: queues.requests.url, Entries }));
    }
    usher.stack.triggers.userRequested.setEnabled(true);
    const completed = () =>
      usher.logs
        .map(parseJson)
        .flatMap((entry) =>
          isObject(entry) && entry.message === 'request completed' ? [entry.requestId] : [],
        );
    await vi.waitUntil(() => completed().includes('single'), { timeout: 50_000 });
    // Two containers take ten each; it was sent as the last of them all.
    expect(completed().indexOf('single')).toBeLessThan(100);
  });

  test("is what the outcomes go through, too: a request's group goes on to its answer and to its dead letter", async () => {
    await using usher = await startLocalUsher();
    const { queues, sqs } = usher.stack;
    const events = [
      requestUser({ provider: 'vectara', user: { email: 'a@example.com' }, id: 'good' }),
      requestUser({ provider: 'vectara', user: { email: 'b@example.com', api_roles: ['owner'] }, id: 'bad' }),
    ];
    const Entries = events.map((event) => toSqsEntry(event, { tenant: `tenant-${event.id}` }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queues.requests.url, Entries }));
    const groups = new Map<string, string | undefined>();
    const read = async (QueueUrl: string, name: string) => {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      });
      for (const { Body = '', Attributes } of (await sqs.send(command)).Messages ?? [])
        groups.set(`${JSON.parse(Body).causationid} in ${name}`, Attributes?.MessageGroupId);
    };
    await vi.waitUntil(
      async () => {
        await read(queues.completions.url, 'completions');
        await read(queues.deadLetters.url, 'dead-letters');
        return groups.size === 3;
      },
      { timeout: 20_000 },
    );
    expect(Object.fromEntries(groups)).toEqual({
      'good in completions': 'tenant-good',
      'bad in completions': 'tenant-bad',
      'bad in dead-letters': 'tenant-bad',
    });
  });

  test('takes from the group that has the fewest at work, the oldest first', () => {
    const order = createFairOrder();
    const message = (MessageId: string, group?: string): Message => ({
      MessageId,
      Attributes: group ? { MessageGroupId: group } : {},
    });
    order.add([
      message('a1', 'a'),
      message('a2', 'a'),
      message('a3', 'a'),
      message('b1', 'b'),
      message('alone'),
    ]);
    expect(order.take(3).map(({ MessageId }) => MessageId)).toEqual(['a1', 'b1', 'alone']);
    order.done(['a', 'b']);
    order.add([message('b2', 'b')]);
    expect(order.take(9).map(({ MessageId }) => MessageId)).toEqual(['a2', 'b2', 'a3']);
    expect(order.waiting()).toBe(0);
  });
});
