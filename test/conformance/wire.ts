import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openFront } from '../front.ts';
import { inWorld } from './case.ts';
import { otherUser, requestFor, type Subject } from './subject.ts';

/** How the provider's answers come, and what becomes of its connections. */
export function wire(subject: Subject): void {
  test.each([
    ['gzip', 'gzip', gzipSync],
    ['GZIP', 'GZIP', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['deflate without the wrapping of zlib', 'deflate', deflateRawSync],
    ['br', 'br', brotliCompressSync],
  ])('Answers that are compressed unasked (%s) are understood, refusals too', (_, coding, encode) =>
    inWorld(subject, async ({ sandbox, startContainer, takeOperations }) => {
      await using front = await openFront(sandbox, { coding, encode });
      const container = startContainer({ environment: front.environment });
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'existing' });
      expect(takeOperations()).toEqual(['create', 'create', 'get']);
    }),
  );

  test('After a freeze in which every connection was closed a request loses one try at most', () =>
    inWorld(subject, async ({ sandbox, startContainer, takeOperations, clock }) => {
      await using front = await openFront(sandbox);
      const container = startContainer({ environment: front.environment });
      const others = Array.from({ length: 6 }, (_, index) =>
        requestFor(subject, { id: `${index}`, user: otherUser(subject, index) }),
      );
      await container.deliverBatch(others);
      takeOperations();
      clock.jump(5 * 60_000);
      front.cut();
      expect(await container.deliver(requestFor(subject))).toMatchObject({ result: 'created' });
      // A create that was cut off before it arrived may be asked for and sent again.
      expect([['create'], ['get', 'create']]).toContainEqual(takeOperations());
    }));
}
