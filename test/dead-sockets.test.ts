import { describe, expect, onTestFinished, test } from 'vitest';
import { createHttp } from '../lib/calls/http.ts';
import { systemClock } from '../lib/clock.ts';
import { fireworks } from '../lib/providers/fireworks.ts';
import { startFireworks } from '../local/sandboxes/fireworks.ts';
import { fireworksRequest } from './deliveries.ts';
import { openWorld } from './world.ts';

async function open() {
  const sandbox = await startFireworks();
  onTestFinished(() => sandbox.close());
  return sandbox;
}

describe('The connections of a sandbox', () => {
  test.each(['fin', 'rst', 'rst on use'] as const)(
    'end by %s, and a look-up goes over a new one',
    async (how) => {
      const sandbox = await open();
      const http = createHttp(5, systemClock);
      const get = () => http({ method: 'GET', url: `${sandbox.url}/v1`, headers: {}, timeoutMs: 5_000 });
      await Promise.all([get(), get(), get()]);
      sandbox.dropSockets(how);
      expect(await get()).toMatchObject({ status: 404 });
      expect(sandbox.calls).toHaveLength(4);
    },
  );

  test('that end with the next request take a create along, and it is no call', async () => {
    const sandbox = await open();
    const http = createHttp(5, systemClock);
    const post = () => http({ method: 'POST', url: `${sandbox.url}/v1`, headers: {}, timeoutMs: 5_000 });
    await post();
    sandbox.dropSockets('rst on use');
    await expect(post()).rejects.toMatchObject({ connection: 'kept', code: 'ECONNRESET' });
    expect(sandbox.calls).toHaveLength(1);
  });
});

describe('A batch of ten after ten others', () => {
  const batch = (name: string) =>
    Array.from({ length: 10 }, (_, index) => {
      const id = `${name}${index}`;
      return fireworksRequest({ id }, { email: `${id}@example.com` });
    });
  const created = Array(10).fill(expect.objectContaining({ result: 'created' }));

  async function openUsed() {
    const sandbox = await open();
    const world = openWorld(fireworks, sandbox);
    const container = world.startContainer();
    expect(await container.deliverBatch(batch('ada'))).toEqual(created);
    world.takeOperations();
    return { sandbox, world, container };
  }

  test('goes over new connections after a freeze, and nothing is lost', async () => {
    const { sandbox, world, container } = await openUsed();
    sandbox.dropSockets('rst on use');
    world.clock.jump(60_000);
    expect(await container.deliverBatch(batch('eve'))).toEqual(created);
    expect(world.takeOperations()).toEqual(Array(10).fill('create'));
  });

  test('loses no more than one try each where every connection is dead', async () => {
    const { sandbox, world, container } = await openUsed();
    sandbox.dropSockets('rst on use');
    expect(await container.deliverBatch(batch('eve'))).toEqual(created);
    const operations = world.takeOperations();
    expect(operations.filter((operation) => operation === 'create')).toHaveLength(10);
    expect(operations.length).toBeLessThanOrEqual(4 * 10);
  });
});
