import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Answer } from '../../local/sandboxes/calls.ts';
import { zipped } from '../../local/sandboxes/intermediaries.ts';
import type { World } from '../world.ts';
import { inWorld } from './case.ts';
import { all, worksBut } from './faults.ts';
import { firstLook, otherUser, requestFor, type Subject } from './subject.ts';

/** Zipped as some servers do it, against the standard. */
function deflatedRaw(answer: Answer): Answer {
  const headers = { ...answer.headers, 'content-encoding': 'deflate' };
  return { ...answer, headers, body: deflateRawSync(answer.body) };
}

/** How the provider's answers come, and what becomes of its connections. */
export function wire(subject: Subject): void {
  const always = (change: (answer: Answer) => Answer) =>
    all(...(['create', 'get', 'token'] as const).map((operation) => worksBut(operation, change, 9)));

  test.each([
    ['gzip', (answer: Answer) => zipped(answer, 'gzip')],
    ['deflate', (answer: Answer) => zipped(answer, 'deflate')],
    ['deflate without the wrapping of zlib', deflatedRaw],
    ['br', (answer: Answer) => zipped(answer, 'br')],
  ])('Answers that are compressed unasked (%s) are understood, refusals too', (_, change) =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      always(change)(world);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'existing' });
      expect(world.takeOperations()).toEqual(
        subject.provider.looksFirst ? ['get', 'create', 'get'] : ['create', 'create', 'get'],
      );
    }),
  );

  /** A container that keeps several connections, all of which the provider ends without a word. */
  const withDeadConnections = async ({ startContainer, sandbox, takeOperations }: World) => {
    const container = startContainer();
    const others = Array.from({ length: 6 }, (_, index) =>
      requestFor(subject, { id: `${index}`, user: otherUser(subject, index) }),
    );
    await container.deliverBatch(others);
    sandbox.dropSockets('rst on use');
    takeOperations();
    return container;
  };

  test('After a freeze no connection is used that the provider may have closed meanwhile', () =>
    inWorld(subject, async (world) => {
      const container = await withDeadConnections(world);
      world.clock.jump(5 * 60_000);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      expect(world.takeOperations()).toEqual([...firstLook(subject), 'create']);
    }));

  test('A create over a connection that is dead by then loses that try alone', () =>
    inWorld(subject, async (world) => {
      const container = await withDeadConnections(world);
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      expect(world.takeOperations()).toEqual(['get', 'create']);
    }));

  test('A look-up over a connection that is dead by then is sent again over a fresh one', () =>
    inWorld(subject, async (world) => {
      const container = await withDeadConnections(world);
      const told = await container.deliver(requestFor(subject), { receives: 2 });
      expect(told).toMatchObject({ result: 'created' });
      expect(world.takeOperations()).toEqual(['get', 'create']);
    }));
}
