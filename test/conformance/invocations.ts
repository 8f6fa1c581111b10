import { expect, test } from 'vitest';
import type { Fields } from '../../lib/providers/provider.ts';
import { messageOf } from '../told.ts';
import { inWorld } from './case.ts';
import { fails, worksBut } from './faults.ts';
import { otherUser, refusal, requestFor, type Subject } from './subject.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const JUMPS_MS = [6 * MINUTE_MS, -6 * MINUTE_MS, DAY_MS, -DAY_MS];

/** Many invocations at once, and clocks that jump in and between them. */
export function invocations(subject: Subject): void {
  const secretName = `usher/${subject.provider.name}/default`;
  const requestOfOther = (index: number) =>
    requestFor(subject, { id: `signup-${index}`, user: otherUser(subject, index) });

  test('Sixty-four invocations at once each answer for their own records', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws }) => {
      const container = startContainer();
      const invocations = Array.from({ length: 64 }, (_, index) => {
        const waiting = 1000 + index;
        sandbox.addUser(otherUser(subject, waiting), { visible: false });
        const good = requestOfOther(index);
        const wrong = { ...requestFor(subject, { id: `wrong-${index}` }), type: 'user.deleted.v1' };
        return [good, wrong, requestOfOther(waiting)].map((request) => messageOf(request, 1));
      });
      const answers = await Promise.all(invocations.map((records) => container.invoke(records)));
      expect(answers).toEqual(invocations.map(([, , waiting]) => [waiting?.messageId]));

      const outcomes = aws.sent.map(({ body }) => JSON.parse(body));
      const idOf = (user: Fields | undefined) => String(user?.[subject.idMember]);
      for (const index of invocations.keys()) {
        const made = outcomes.filter(({ causationid }) => causationid === `signup-${index}`);
        const user = sandbox
          .users()
          .find((each) => JSON.stringify(each).includes(`"other-${index}@example.com"`));
        expect(made).toMatchObject([{ data: { user: { id: idOf(user) } } }]);
        const refused = outcomes.filter(({ causationid }) => causationid === `wrong-${index}`);
        expect(refused).toMatchObject([{ data: { failure: { code: 'invalid_event' } } }]);
      }
      expect(outcomes).toHaveLength(2 * invocations.length);
    }));

  test.each(JUMPS_MS)('A wall clock that jumps by %i ms during an invocation changes nothing', (ms) =>
    inWorld(subject, async (world) => {
      const container = world.startContainer();
      worksBut('create', (answer) => {
        world.clock.jump(ms);
        return answer;
      })(world);
      const told = await container.deliverBatch([requestOfOther(1), requestOfOther(2), requestOfOther(3)]);
      expect(told.map(({ result }) => result)).toEqual(['created', 'created', 'created']);
      const creates = world.takeOperations().filter((operation) => operation !== 'get');
      expect(creates).toEqual(['create', 'create', 'create']);
      const lines = world.logs
        .map((line) => JSON.parse(line))
        .filter(({ message }) => message === 'request completed');
      expect(lines).toHaveLength(3);
      for (const { placeMs, credentialsMs, providerMs, outcomeMs } of lines) {
        // The monotonic clock stands still in tests.
        expect([placeMs, credentialsMs, providerMs, outcomeMs]).toEqual([0, 0, 0, 0]);
      }
    }),
  );

  test('A wall clock that was a day ahead for a while keeps no secret for a day', () =>
    inWorld(subject, async ({ startContainer, aws, clock }) => {
      const container = startContainer();
      clock.jump(DAY_MS);
      await container.deliver(requestOfOther(1));
      clock.jump(-DAY_MS);
      clock.skip(6 * MINUTE_MS);
      await container.deliver(requestOfOther(2));
      expect(aws.secretReads()).toBe(2);
    }));

  test('A wall clock that was a day ahead for a while keeps no refused secret for a day', () =>
    inWorld(subject, async ({ startContainer, sandbox, aws, clock }) => {
      const container = startContainer();
      const rotate = () => aws.secrets.set(secretName, sandbox.rotateCredentials());
      clock.jump(DAY_MS);
      await container.deliver(requestOfOther(1));
      rotate();
      expect(await container.deliver(requestOfOther(2))).toMatchObject({ result: 'created' });
      clock.jump(-DAY_MS);
      rotate();
      clock.skip(2 * MINUTE_MS);
      expect(await container.deliver(requestOfOther(3))).toMatchObject({ result: 'created' });
    }));

  if (subject.usesTokens) {
    test('A wall clock that was a day ahead for a while keeps no token for a day', () =>
      inWorld(subject, async ({ startContainer, sandbox, clock }) => {
        const container = startContainer();
        clock.jump(DAY_MS);
        await container.deliver(requestOfOther(1));
        clock.jump(-DAY_MS);
        clock.skip(31 * MINUTE_MS);
        await container.deliver(requestOfOther(2));
        expect(sandbox.calls.map(({ operation }) => operation)).toEqual([
          'token',
          'create',
          'token',
          'create',
        ]);
      }));
  }

  test.each([DAY_MS, -DAY_MS])(
    'A wall clock that jumps by %i ms after a pause does not keep it for ever',
    (ms) =>
      inWorld(subject, async (world) => {
        const container = world.startContainer();
        fails('create', refusal(subject, 401), subject.usesTokens ? 2 : 1)(world);
        expect(await container.deliver(requestOfOther(1))).toMatchObject({ code: 'provider_unauthorized' });
        world.clock.jump(ms);
        await container.deliver(requestOfOther(2));
        world.clock.skip(MINUTE_MS);
        expect(await container.deliver(requestOfOther(3))).toMatchObject({ result: 'created' });
      }),
  );
}
