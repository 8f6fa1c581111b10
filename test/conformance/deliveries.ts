import { expect, test } from 'vitest';
import { deadLetterOf } from '../deliveries.ts';
import type { World } from '../world.ts';
import { inWorld } from './case.ts';
import { amongMany } from './doubt.ts';
import { fails, worksBut } from './faults.ts';
import {
  firstLook,
  otherUser,
  refusal,
  requestFor,
  type Subject,
  storedUser,
  vainSearch,
} from './subject.ts';

const NOT_SHOWN_YET = { result: 'handed back', code: 'provider_pending' } as const;
/** Reads lag behind writes until the test says otherwise. */
const LAGGING = { lagMs: () => Number.POSITIVE_INFINITY };

/** One request, or many, over several deliveries. */
export function deliveries(subject: Subject): void {
  const search = vainSearch(subject);
  const lostCreate = ['get', 'create', 'get', ...search];
  const requestOfOther = (index: number) =>
    requestFor(subject, { id: `signup-${index}`, user: otherUser(subject, index) });
  /** Whatever asks for this user is answered by 403, as by a firewall that dislikes something in it. */
  const forbid = ({ sandbox }: World, ...indices: readonly number[]) => {
    const when = ({ body }: { body: string }) => indices.some((index) => body.includes(`"other-${index}@`));
    sandbox.inject(
      'create',
      { applied: false, reply: refusal(subject, 403), when },
      Number.POSITIVE_INFINITY,
    );
  };
  const isTold = ({ logs }: World, message: string) => logs.some((line) => line.includes(`"${message}"`));

  test('A user whose create was not heard and whom reads do not show yet is waited for, and adopted', () =>
    inWorld(
      subject,
      async (world) => {
        const container = world.startContainer();
        worksBut('create', 'reset')(world);
        const first = await container.deliver(requestFor(subject));
        if (subject.provider.looksFirst) {
          // No call is left for a quick try.
          expect(first).toEqual({ result: 'handed back', code: 'provider_unavailable', delaySeconds: 15 });
          expect(world.takeOperations()).toEqual(['get', 'create', 'get']);
        } else {
          expect(first).toEqual({ ...NOT_SHOWN_YET, delaySeconds: 10 });
          expect(world.takeOperations()).toEqual(['create', 'get', 'create', 'get', ...search]);
        }
        world.sandbox.reveal();
        const second = await container.deliver(requestFor(subject), { receives: 2 });
        expect(second).toMatchObject({ result: 'existing', differences: [] });
        expect(world.takeOperations()).toEqual(['get']);
        expect(world.sandbox.users()).toHaveLength(1);
      },
      LAGGING,
    ));

  test('A user who exists and is not shown is waited for three times, and again after a redrive', () =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      world.sandbox.addUser(storedUser(subject), { visible: false });
      const request = requestFor(subject);
      for (const [receives, delaySeconds] of [
        [1, 10],
        [2, 20],
        [3, 40],
      ] as const) {
        expect(await container.deliver(request, { receives })).toEqual({ ...NOT_SHOWN_YET, delaySeconds });
        const isLooked = receives > 1 || subject.provider.looksFirst;
        expect(world.takeOperations()).toEqual(isLooked ? lostCreate : lostCreate.slice(1));
      }
      const conflict = { code: 'user_conflict', remote: 'unknown', exhausted: false };
      expect(await container.deliver(request, { receives: 4 })).toMatchObject(conflict);
      expect(world.takeOperations()).toEqual(lostCreate);
      const redriven = deadLetterOf({ request, remote: 'unknown', redrives: 0 });
      expect(await container.deliver(redriven)).toEqual({ ...NOT_SHOWN_YET, delaySeconds: 10 });
      expect(world.takeOperations()).toEqual(lostCreate);
    }));

  test('A user who is not shown on the last of three receives ends the request as one who is waited for', () =>
    inWorld(subject, async ({ startContainer, sandbox, takeOperations }) => {
      sandbox.addUser(storedUser(subject), { visible: false });
      const told = await startContainer({ maxReceives: 3 }).deliver(requestFor(subject), { receives: 3 });
      expect(told).toMatchObject({ code: 'provider_pending', exhausted: true, remote: 'unknown' });
      expect(takeOperations()).toEqual(lostCreate);
    }));

  test.each(['absent', 'present', 'unknown'])(
    'A redriven request looks before it creates, though its dead letter says that the user is %s',
    (remote) =>
      inWorld(subject, async ({ startContainer, takeOperations }) => {
        const redriven = deadLetterOf({ request: requestFor(subject), remote, redrives: 0 });
        expect(await startContainer().deliver(redriven)).toMatchObject({ result: 'created' });
        expect(takeOperations()).toEqual(['get', 'create']);
      }),
  );

  test('A request that comes twice in one batch while its user is not shown yet gets one answer, and later the same', () =>
    inWorld(
      subject,
      async (world) => {
        const container = world.startContainer();
        const [completed, waiting] = await container.deliverBatch([requestFor(subject), requestFor(subject)]);
        expect(completed).toMatchObject({ result: 'created' });
        expect(waiting).toEqual({ ...NOT_SHOWN_YET, delaySeconds: 10 });
        const looks = [...firstLook(subject), ...firstLook(subject)];
        expect(world.takeOperations().sort()).toEqual(['create', 'create', 'get', ...looks, ...search]);
        world.sandbox.reveal();
        const later = await container.deliver(requestFor(subject), { receives: 2 });
        expect(later).toMatchObject({ result: 'existing' });
        expect(world.takeOperations()).toEqual(['get']);
        expect(new Set(world.aws.sent.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
      },
      LAGGING,
    ));

  test('One request that is always answered by 403 waits alone, among others and after them', () =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      forbid(world, 3);
      const told = await container.deliverBatch(
        Array.from({ length: 10 }, (_, index) => requestOfOther(index)),
      );
      const refused = { result: 'handed back', code: 'provider_unauthorized', delaySeconds: 60 };
      expect(told.filter(({ result }) => result === 'created')).toHaveLength(9);
      expect(told.at(-1)).toEqual(refused);
      for (const receives of [2, 3, 4]) {
        const again = await container.deliver(requestOfOther(3), { receives });
        expect(again).toMatchObject({ result: 'handed back', code: 'provider_unauthorized' });
      }
      expect(isTold(world, 'connection paused')).toBe(false);
      expect(await container.deliver(requestOfOther(11))).toMatchObject({ result: 'created' });
    }));

  test('A request that has paused its connection by a 403 is not its probe where the batch holds another one', () =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      forbid(world, 1, 2);
      await container.deliver(requestOfOther(1));
      expect(isTold(world, 'connection paused')).toBe(false);
      await container.deliver(requestOfOther(2));
      expect(isTold(world, 'connection paused')).toBe(true);
      world.clock.skip(61_000);
      world.takeOperations();
      const told = await container.deliverBatch([requestOfOther(2), requestOfOther(3)], { receives: 2 });
      expect(told.map(({ result }) => result)).toEqual(['created', 'handed back']);
      expect(isTold(world, 'connection healed')).toBe(true);
    }));

  test('An outage costs four calls a request at most and no list, however many users there are', () =>
    inWorld(subject, async (world) => {
      amongMany(subject)(world);
      fails('create', refusal(subject, 503), Number.POSITIVE_INFINITY)(world);
      const requests = Array.from({ length: 10 }, (_, index) =>
        requestFor(subject, { id: `signup-${index}` }),
      );
      const told = await world.startContainer().deliverBatch(requests);
      expect(told.map(({ result }) => result)).toEqual(requests.map(() => 'handed back'));
      const operations = world.takeOperations();
      expect(operations).not.toContain('list');
      expect(operations.length).toBeLessThanOrEqual(40);
    }));
}
