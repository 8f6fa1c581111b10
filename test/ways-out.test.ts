import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { createHandler } from '../functions/request-exhausted/handler.ts';
import { wire } from '../functions/request-exhausted/wire.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { fireworks } from '../lib/providers/fireworks.ts';
import { json } from '../local/sandboxes/calls.ts';
import { startFireworks } from '../local/sandboxes/fireworks.ts';
import { createAnsweringAws } from './answering-aws.ts';
import { fireworksRequest, recordOf } from './deliveries.ts';
import { openWorld, type World } from './world.ts';

const silent = { write: () => {}, flushLog: () => {} };
const invocation = { awsRequestId: 'invocation' };

/** No timer goes off in the rest of this test: what waits for company goes out only where somebody sends it off. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** What is not sent off is never sent: no need to wait long for it. */
const PATIENCE = { timeout: 10_000 };

describe('What user-requested sends goes out as soon as no more can come', PATIENCE, () => {
  it.each([
    ['a completion', 201, fireworksRequest(), { result: 'created' }],
    ['a dead letter', 201, fireworksRequest({ type: 'user.deleted.v1' }), { code: 'invalid_event' }],
    ['a delay', 402, fireworksRequest(), { code: 'provider_capacity', delaySeconds: 60 }],
  ])('%s', async (_, status, request, told) => {
    await using world = openWorld(fireworks, await startFireworks());
    const { userId } = z.parse(fireworks.schemas().user, { email: 'ada@example.com' });
    const user = { name: `accounts/acme/users/${userId}`, state: 'READY' };
    world.sandbox.inject('create', { applied: false, reply: json(status, user) });
    const container = world.startContainer();
    stopTimers();
    expect(await container.deliver(request)).toMatchObject(told);
  });
});

describe('Ten dead letters of one batch', PATIENCE, () => {
  it('cost one send', async () => {
    await using world = openWorld(fireworks, await startFireworks());
    const container = world.startContainer();
    const requests = Array.from({ length: 10 }, (_, index) =>
      fireworksRequest({ id: `r-${index}`, type: 'user.deleted.v1' }),
    );
    stopTimers();
    const told = await container.deliverBatch(requests);
    expect(told).toMatchObject(requests.map(() => ({ code: 'invalid_event' })));
    expect(world.aws.batchesSent()).toBe(1);
  });
});

const queues = 'https://sqs.us-east-1.amazonaws.com/000000000000';
const COPYING = { COPY_DEAD_LETTERS: 'true', COMPLETION_QUEUE_URL: `${queues}/completions` };
const DEAD_LETTER_QUEUE_URL = `${queues}/dead-letters`;

describe('Where dead letters are copied to the product,', PATIENCE, () => {
  const wrong = (index: number) => fireworksRequest({ id: `r-${index}`, type: 'user.deleted.v1' });
  const sentTo = (world: World, queue: string) =>
    world.aws.sent.filter(({ queueUrl }) => queueUrl.endsWith(queue));

  it('each goes to both queues, the very same, and a batch of them costs one send to each', async () => {
    await using world = openWorld(fireworks, await startFireworks());
    const container = world.startContainer({ environment: COPYING });
    stopTimers();
    await container.deliverBatch(Array.from({ length: 10 }, (_, index) => wrong(index)));
    const [letters, copies] = [sentTo(world, '/dead-letters'), sentTo(world, '/completions')];
    expect(letters).toHaveLength(10);
    expect(copies.map(({ body, attributes }) => ({ body, attributes }))).toEqual(
      letters.map(({ body, attributes }) => ({ body, attributes })),
    );
    expect(world.aws.batchesSent()).toBe(2);
  });

  it('a copy goes out together with the completions of its batch, which are not copied', async () => {
    await using world = openWorld(fireworks, await startFireworks());
    const container = world.startContainer({ environment: COPYING });
    stopTimers();
    const told = await container.deliverBatch([wrong(1), fireworksRequest({ id: 'right' })]);
    expect(told).toHaveLength(3);
    expect(sentTo(world, '/dead-letters')).toHaveLength(1);
    expect(sentTo(world, '/completions')).toHaveLength(2);
    expect(world.aws.batchesSent()).toBe(2);
  });

  it.each([
    ['the dead-letter queue', 0],
    ['the completions queue', 1],
  ])(
    'a request goes back while %s does not take its answer, also on the last receive',
    async (_, refusing) => {
      await using world = openWorld(fireworks, await startFireworks());
      const container = world.startContainer({ environment: COPYING, maxReceives: 2 });
      for (const receives of [1, 2, 3]) {
        world.aws.sendings.push(refusing === 0 ? 'refused' : 'taken', refusing === 1 ? 'refused' : 'taken');
        const [record] = [recordOf(JSON.stringify(wrong(1)), { receives })];
        expect(await container.invoke([record])).toEqual([record.messageId]);
      }
      const ids = new Set(world.aws.sent.map(({ body }) => JSON.parse(body).id));
      expect(ids.size).toBe(1);
      const last = recordOf(JSON.stringify(wrong(1)), { receives: 4 });
      expect(await container.invoke([last])).toEqual([]);
    },
  );

  it('one that is too large for an event is copied raw, with the same attributes', async () => {
    await using world = openWorld(fireworks, await startFireworks());
    const container = world.startContainer({ environment: COPYING });
    const large = JSON.stringify(
      fireworksRequest({ type: 'user.deleted.v1', comment: 'x'.repeat(1_048_000) }),
    );
    expect(await container.invoke([recordOf(large)])).toEqual([]);
    const [letter, copy] = [sentTo(world, '/dead-letters')[0], sentTo(world, '/completions')[0]];
    expect(letter?.body).toBe(large);
    expect(letter?.attributes).toMatchObject({ code: 'invalid_event', redrives: '0' });
    expect({ ...copy, queueUrl: '' }).toEqual({ ...letter, queueUrl: '' });
  });

  it('request-exhausted sends each of its answers to both queues', async () => {
    const aws = createAnsweringAws();
    const environment = { DEAD_LETTER_QUEUE_URL, ...COPYING };
    const handle = createHandler(wire({ environment, providers: [], sqs: aws.sqs, clock, ...silent }));
    stopTimers();
    aws.sendings.push('taken', 'refused');
    const records = [recordOf('one')];
    expect(await handle({ Records: records }, invocation)).toEqual({
      batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })),
    });
    expect(await handle({ Records: records }, invocation)).toEqual({ batchItemFailures: [] });
    expect(aws.sent.map(({ queueUrl }) => queueUrl.split('/').at(-1))).toEqual([
      'dead-letters',
      'dead-letters',
      'completions',
    ]);
  });
});

describe('What request-exhausted sends', PATIENCE, () => {
  it('goes out at once, as no more can come', async () => {
    const aws = createAnsweringAws();
    const environment = { DEAD_LETTER_QUEUE_URL };
    const handle = createHandler(wire({ environment, providers: [], sqs: aws.sqs, clock, ...silent }));
    stopTimers();
    const records = [recordOf('one'), recordOf('two')];
    expect(await handle({ Records: records }, invocation)).toEqual({ batchItemFailures: [] });
    expect(aws.sent).toHaveLength(2);
  });
});
