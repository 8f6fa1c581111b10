import { expect, test } from 'vitest';
import { inWorld, tries } from './case.ts';
import { requestFor, type Subject } from './subject.ts';

export function creation(subject: Subject): void {
  tries(subject, {
    'A user who is not there yet is created, on a later receive after a look': {
      ends: { result: 'created', calls: ['create'], users: 1 },
      later: { result: 'created', calls: ['get', 'create'], users: 1 },
    },
    'A request that comes again finds its user by the key': {
      given: (_, container) => container.deliver(requestFor(subject)),
      ends: { result: 'existing', calls: ['create', 'get'], users: 1 },
      later: { result: 'existing', calls: ['get'], users: 1 },
    },
    'A request that comes again in another container finds its user by the key': {
      given: (world) => world.startContainer().deliver(requestFor(subject)),
      ends: { result: 'existing', calls: ['create', 'get'], users: 1 },
    },
  });

  test('Both answers to a request that came twice are about one user and have one id', () =>
    inWorld(subject, async ({ startContainer, aws }) => {
      const container = startContainer();
      await container.deliver(requestFor(subject));
      await container.deliver(requestFor(subject), { receives: 2 });
      const [one, other] = aws.sent.map(({ body }) => JSON.parse(body));
      expect(one.data.result).toBe('created');
      expect(other).toMatchObject({
        id: one.id,
        data: { result: 'existing', user: { id: one.data.user.id } },
      });
    }));

  test('Ten requests at once for one user make one', () =>
    inWorld(subject, async ({ startContainer, sandbox }) => {
      const requests = Array.from({ length: 10 }, (_, index) =>
        requestFor(subject, { id: `signup-${index}` }),
      );
      const told = await startContainer().deliverBatch(requests);
      const results = told.map(({ result }) => result).sort();
      expect(results).toEqual(['created', ...Array.from({ length: 9 }, () => 'existing')]);
      expect(sandbox.users()).toHaveLength(1);
    }));

  test('Ten deliveries of one request at once, each in its own container, make one user', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws }) => {
      const containers = Array.from({ length: 10 }, () => startContainer());
      await Promise.all(containers.map((container) => container.deliverBatch([requestFor(subject)])));
      expect(sandbox.users()).toHaveLength(1);
      const outcomes = aws.sent.map(({ body }) => JSON.parse(body));
      expect(outcomes).toHaveLength(10);
      expect(new Set(outcomes.map(({ id }) => id)).size).toBe(1);
      expect(outcomes.filter(({ data }) => data.result === 'created')).toHaveLength(1);
    }));
}
