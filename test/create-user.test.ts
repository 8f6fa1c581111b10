import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionCall } from '../lib/connections/connection.ts';
import type { FoundUser } from '../lib/providers/provider.ts';
import { vectara } from '../lib/providers/vectara.ts';
import { asFailure, FAILURES, Failure, type FailureCode, type RemoteBefore } from '../lib/records/failure.ts';
import { noDurations } from '../lib/telemetry/durations.ts';
import { createUser } from '../lib/users/create-user.ts';
import { clockOf } from './clocks.ts';

const user = { username: 'ada', email: 'ada@example.com' };
const FIRST: { receives: number; remote: RemoteBefore } = { receives: 1, remote: 'absent' };

/** Creates the user over a connection that answers as it is told; time stands still, but for sleeping. */
function attempt(answer: (call: Asked) => unknown, receipt = FIRST, random = 0) {
  const asked: Asked[] = [];
  const slept: number[] = [];
  const connection: Connection = {
    credentials: async () => ({}),
    async call<Answer>({ method, path }: ConnectionCall<Answer>) {
      const call = method === 'POST' ? 'create' : path.startsWith('?') ? 'list' : 'get';
      asked.push(call);
      return answer(call) as Answer;
    },
  };
  let passedMs = 0;
  const sleep = async (ms: number) => {
    slept.push(ms);
    passedMs += ms;
  };
  const clock = clockOf({ sleep, monotonic: () => passedMs, random: () => random });
  const limits = { allowedRoles: [], expiresAt: undefined, deadline: 45_000, durations: noDurations() };
  const ended = createUser({ provider: vectara, user, connection, clock, ...limits, ...receipt });
  return { ended: ended.catch(asFailure), asked, slept };
}

type Asked = 'create' | 'get' | 'list';

const ada: FoundUser = { id: 'usr_1', fields: user, pending: false };

function fail(code: FailureCode, asks = {}): never {
  throw new Failure(code, `It is ${code}.`, { asks });
}

describe('A quick try', () => {
  it.each([
    [0, 200],
    [0.5, 300],
    [0.75, 350],
  ])(
    'waits as long as the failure says and up to as long again (chance %d: %d ms)',
    async (chance, waitMs) => {
      const { ended, slept } = attempt(
        () => fail('provider_unavailable', { quickTryMs: 200 }),
        FIRST,
        chance,
      );
      expect(await ended).toMatchObject({ code: 'provider_unavailable' });
      expect(slept).toEqual([waitMs, waitMs]);
    },
  );

  it('is not made once the create was found to be in doubt for good', async () => {
    const blip = { quickTryMs: 200, doubtful: true };
    const { ended, asked } = attempt(() => fail('provider_unavailable', blip));
    expect(await ended).toMatchObject({ code: 'provider_unavailable', told: { remote: 'unknown' } });
    expect(asked).toEqual(['create', 'get']);
  });
});

describe('Whatever the provider answers', () => {
  const codes = Object.keys(FAILURES).filter((code): code is FailureCode => code in FAILURES);
  const asks = fc.record({
    doubtful: fc.boolean(),
    quickTryMs: fc.option(fc.constant(200), { nil: undefined }),
    ownRefusal: fc.boolean(),
  });
  const failure = fc.record({
    code: fc.constantFrom<FailureCode[]>(
      'provider_unavailable',
      'user_conflict',
      'provider_not_found',
      ...codes,
    ),
    httpStatus: fc.constantFrom(403, 404, 405, 500),
    asks,
  });
  const someone = fc.record({
    username: fc.constantFrom(undefined, 'ada'),
    email: fc.constantFrom('ada@example.com', 'grace@example.com'),
    pending: fc.boolean(),
  });
  const answers = fc.infiniteStream(fc.oneof(failure, someone));
  const receipt = fc.record({
    receives: fc.integer({ min: 1, max: 5 }),
    remote: fc.constantFrom<RemoteBefore>('absent', 'unknown'),
  });

  it('an attempt costs four creates and look-ups at most, looks after every doubt, and ends knowing no less', async () => {
    await fc.assert(
      fc.asyncProperty(answers, receipt, async (stream, received) => {
        const doubts: number[] = [];
        const { ended, asked } = attempt((call) => {
          const { value } = stream.next();
          if ('code' in value) {
            const { code, httpStatus, asks } = value;
            if (call === 'create' && asks.doubtful && code !== 'user_conflict') doubts.push(asked.length);
            throw new Failure(code, 'It failed.', { told: { httpStatus }, asks });
          }
          const { pending, ...fields } = value;
          const found = { ...ada, fields, pending };
          return call === 'list' ? { users: [found], next: undefined } : found;
        }, received);
        const end = await ended;
        expect(asked.filter((call) => call !== 'list').length).toBeLessThanOrEqual(4);
        for (const next of doubts) expect(asked[next]).toBe('get');
        if (received.remote === 'unknown') expect(asked[0]).toBe('get');
        if (end instanceof Failure) expect(end.told.remote).toBeDefined();
        else expect(asked.some((call) => call === 'create') || end.result === 'existing').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
