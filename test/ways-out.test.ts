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
import { openWorld } from './world.ts';

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
    const { userId } = z.parse(fireworks.user, { email: 'ada@example.com' });
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

describe('What request-exhausted sends', PATIENCE, () => {
  it('goes out at once, as no more can come', async () => {
    const aws = createAnsweringAws();
    const DEAD_LETTER_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters';
    const environment = { DEAD_LETTER_QUEUE_URL };
    const handle = createHandler(wire({ environment, providers: [], sqs: aws.sqs, clock, write: () => {} }));
    stopTimers();
    expect(await handle({ Records: [recordOf('one'), recordOf('two')] })).toEqual({ batchItemFailures: [] });
    expect(aws.sent).toHaveLength(2);
  });
});
