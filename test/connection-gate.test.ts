import { describe, expect, it } from 'vitest';
import { createGate, type GateChange } from '../lib/connections/gate.ts';
import { type Asks, asFailure, Failure, type FailureCode } from '../lib/records/failure.ts';
import { clockOf } from './clocks.ts';

const MINUTE_MS = 60_000;

const visitor = (who: string) => ({ who, deadline: 60_000 });

/** Whose call it is, each another request's by default, and what its failure asks for. */
interface Called extends Asks {
  readonly who?: string;
}

/** A gate with two places, a clock that is set by hand, and what the gate has told. */
function openGate(places = 2, random = () => 0) {
  let now = 0;
  let calls = 0;
  let asked = 0;
  let met = 0;
  const changes: GateChange[] = [];
  const clock = clockOf({ now: () => now, random });
  const gate = createGate({
    ...{ places, clock },
    onChange: (change) => changes.push(change),
    onPaused: () => {
      met += 1;
    },
  });
  const call = (outcome: FailureCode | 'success', { who, ...asks }: Called = {}) => {
    asked += 1;
    return gate(visitor(who ?? `r-${asked}`), async () => {
      calls += 1;
      if (outcome !== 'success') throw new Failure(outcome, `it is ${outcome}`, { asks });
      return 'done';
    }).catch(asFailure);
  };
  return {
    gate,
    changes,
    call,
    calls: () => calls,
    met: () => met,
    skip: (ms: number) => {
      now += ms;
    },
  };
}

const isPaused = (result: unknown) => result instanceof Failure && result.asks.pausedBy !== undefined;

describe('The gate of a connection', () => {
  it('runs no more tasks at a time than it has places, and all in the end', async () => {
    const { gate } = openGate(3);
    let running = 0;
    let most = 0;
    const task = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => gate(visitor('r'), task)));
    expect(most).toBe(3);
  });

  it('gives a place back when a task fails', async () => {
    const { call } = openGate(1);
    await call('user_conflict');
    expect(await call('success')).toBe('done');
  });

  it('is paused by one refusal of the credentials, and fails for that reason without a call', async () => {
    const { call, calls, changes } = openGate();
    await call('provider_unauthorized');
    const refused = await call('success');
    expect(refused).toMatchObject({
      code: 'provider_unavailable',
      message: 'The connection is paused because of provider_unauthorized; the provider was not called.',
      asks: { retryAfterMs: MINUTE_MS, pausedBy: 'provider_unauthorized' },
    });
    expect(calls()).toBe(1);
    expect(changes).toEqual([{ state: 'paused', code: 'provider_unauthorized', probeInMs: MINUTE_MS }]);
  });

  it.each([
    'provider_not_found',
    'provider_capacity',
    'provider_throttled',
    'provider_unavailable',
    'provider_invalid_response',
    'secret_unavailable',
    'secret_invalid',
  ] as const)('is paused by the fifth %s in a row', async (code) => {
    const { call, calls } = openGate();
    for (let failures = 0; failures < 5; failures++) expect(isPaused(await call(code))).toBe(false);
    expect(isPaused(await call('success'))).toBe(true);
    expect(calls()).toBe(5);
  });

  it.each(['success', 'user_conflict', 'provider_rejected', 'provider_pending'] as const)(
    'is not paused by failures between which the provider has given a sensible answer (%s)',
    async (answer) => {
      const { call } = openGate();
      for (let round = 0; round < 3; round++) {
        for (let failures = 0; failures < 4; failures++) await call('provider_unavailable');
        expect(isPaused(await call(answer))).toBe(false);
      }
    },
  );

  it.each(['out_of_time', 'request_expired', 'unexpected'] as const)(
    'learns nothing from %s',
    async (code) => {
      const { call } = openGate();
      for (let failures = 0; failures < 4; failures++) await call('provider_unavailable');
      for (let failures = 0; failures < 9; failures++) await call(code);
      expect(isPaused(await call('provider_unavailable'))).toBe(false);
      expect(isPaused(await call('success'))).toBe(true);
    },
  );

  it('lets one probe through after 1, 5, 15, 60 and again 60 minutes', async () => {
    const { call, calls, skip } = openGate();
    await call('provider_unauthorized');
    for (const minutes of [1, 5, 15, 60, 60]) {
      skip(minutes * MINUTE_MS - 1);
      expect(isPaused(await call('success'))).toBe(true);
      skip(1);
      const before = calls();
      await call('provider_unauthorized');
      expect(isPaused(await call('success'))).toBe(true);
      expect(calls()).toBe(before + 1);
    }
  });

  it('lets no second probe through beside the first', async () => {
    const { gate, call, calls, skip } = openGate();
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = gate(visitor('early'), () => promise);
    expect(isPaused(await call('success'))).toBe(true);
    expect(calls()).toBe(1);
    resolve();
    await probe;
    expect(await call('success')).toBe('done');
  });

  it('lets no second probe through after the end of a call that began before the pause', async () => {
    const { gate, call, calls, skip } = openGate(4);
    const [early, probe] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const running = gate(visitor('early'), () => early.promise).catch(asFailure);
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    const probing = gate(visitor('probe'), () => probe.promise);
    early.reject(new Failure('out_of_time', 'it is over'));
    await running;
    expect(isPaused(await call('success'))).toBe(true);
    expect(calls()).toBe(1);
    probe.resolve();
    await probing;
  });

  it('tells spans of time, whatever the clock shows', async () => {
    const { call, changes, skip } = openGate();
    skip(7 * MINUTE_MS);
    await call('provider_unauthorized');
    skip(2 * MINUTE_MS);
    await call('success');
    expect(changes).toEqual([
      { state: 'paused', code: 'provider_unauthorized', probeInMs: MINUTE_MS },
      { state: 'healed', pausedMs: 2 * MINUTE_MS },
    ]);
  });

  it('lets the next one probe where a probe has shown nothing', async () => {
    const { call, skip } = openGate();
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    await call('out_of_time');
    expect(await call('success')).toBe('done');
  });

  it('tells of each task that meets the pause, causes or prolongs it, and of none after it', async () => {
    const { call, met, skip } = openGate();
    await call('success');
    expect(met()).toBe(0);
    await call('provider_unauthorized');
    expect(met()).toBe(1);
    await call('success');
    expect(met()).toBe(2);
    skip(MINUTE_MS);
    await call('provider_unauthorized');
    expect(met()).toBe(3);
    skip(5 * MINUTE_MS);
    await call('success');
    await call('success');
    expect(met()).toBe(3);
  });

  it('says which secret it is paused for, and what is wrong with it', async () => {
    const { gate, call, changes } = openGate();
    const details = { secret: 'usher/vectara/eu' };
    const missing = new Failure('secret_unavailable', 'The secret usher/vectara/eu could not be read.', {
      told: details,
    });
    for (const who of ['a', 'b', 'c', 'd', 'e']) {
      await gate(visitor(who), () => Promise.reject(missing)).catch(asFailure);
    }
    expect(changes).toMatchObject([{ state: 'paused', code: 'secret_unavailable', ...details }]);
    expect(await call('success')).toMatchObject({
      message:
        'The connection is paused because of secret_unavailable; the provider was not called. ' +
        'The secret usher/vectara/eu could not be read.',
      told: details,
      asks: { pausedBy: 'secret_unavailable' },
    });
  });

  it('is opened by a success, and tells so once', async () => {
    const { call, changes, skip } = openGate();
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    await call('success');
    await call('success');
    expect(changes.slice(1)).toEqual([{ state: 'healed', pausedMs: MINUTE_MS }]);
  });

  it('is neither opened nor kept closed by a call that was under way when it was paused', async () => {
    const { gate, call, changes, skip } = openGate(8);
    for (const ends of ['well', 'badly'] as const) {
      const early = Promise.withResolvers<void>();
      const underWay = gate(visitor('early'), () => early.promise).catch(asFailure);
      await call('provider_unauthorized');
      if (ends === 'well') early.resolve();
      else early.reject(new Failure('provider_unauthorized', 'no'));
      await underWay;
      expect(isPaused(await call('success'))).toBe(true);
      skip(MINUTE_MS);
      expect(await call('success')).toBe('done');
    }
    expect(changes.map(({ state }) => state)).toEqual(['paused', 'healed', 'paused', 'healed']);
  });

  it('counts no failure of a call that began before the pause that is over', async () => {
    const { gate, call, skip } = openGate(8);
    const early = Promise.withResolvers<void>();
    const underWay = gate(visitor('early'), () => early.promise).catch(asFailure);
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    await call('success');
    early.reject(new Failure('provider_unauthorized', 'no'));
    await underWay;
    expect(await call('success')).toBe('done');
  });

  it('is not paused by one request alone, however often it fails', async () => {
    const { call } = openGate();
    for (let deliveries = 0; deliveries < 9; deliveries++) await call('provider_unavailable', { who: 'a' });
    expect(isPaused(await call('provider_unavailable', { who: 'b' }))).toBe(false);
    expect(isPaused(await call('success'))).toBe(true);
  });

  it('is paused by a refusal that may mean one request alone once another request meets it too', async () => {
    const { call } = openGate();
    const refused = (who: string) => call('provider_unauthorized', { who, ownRefusal: true });
    for (const who of ['poison', 'poison', 'poison']) await refused(who);
    expect(await call('success')).toBe('done');
    await refused('poison');
    expect(await call('success')).toBe('done');
    await refused('poison');
    await refused('other');
    expect(isPaused(await call('success'))).toBe(true);
  });

  it('is probed by another request than the one that paused it, or probed last, where one comes with it', async () => {
    const { call, skip } = openGate(4);
    await call('provider_unauthorized', { who: 'poison' });
    skip(MINUTE_MS);
    const together = () =>
      Promise.all([
        call('provider_unauthorized', { who: 'poison' }),
        call('provider_capacity', { who: 'a' }),
      ]);
    expect((await together()).map(isPaused)).toEqual([true, false]);
    skip(5 * MINUTE_MS);
    const probedByThird = [call('success', { who: 'a' }), call('provider_capacity', { who: 'b' })];
    expect((await Promise.all(probedByThird)).map(isPaused)).toEqual([true, false]);
  });

  it('hands back whoever pauses it, or fails its probe, no sooner than the next probe', async () => {
    const { call, skip } = openGate();
    expect(await call('provider_unauthorized')).toMatchObject({ asks: { retryAfterMs: MINUTE_MS } });
    skip(MINUTE_MS);
    expect(await call('provider_unavailable')).toMatchObject({ asks: { retryAfterMs: 5 * MINUTE_MS } });
    skip(5 * MINUTE_MS);
    const asked = { retryAfterMs: 20 * MINUTE_MS };
    expect(await call('provider_unavailable', asked)).toMatchObject({ asks: asked });
  });

  it('waits for a place no longer than there is time', async () => {
    const { gate, call } = openGate(1);
    const first = Promise.withResolvers<void>();
    const running = gate(visitor('a'), () => first.promise);
    const late = gate({ who: 'b', deadline: 1 }, async () => 'done').catch(asFailure);
    expect(await late).toMatchObject({ code: 'out_of_time' });
    first.resolve();
    await running;
    expect(await call('success')).toBe('done');
  });

  it('is not kept closed by a probe whose refusal may mean its request alone', async () => {
    const { call, skip } = openGate(4);
    for (const who of ['a', 'b', 'c', 'd', 'e']) await call('provider_unavailable', { who });
    skip(MINUTE_MS);
    await call('provider_unauthorized', { who: 'poison', ownRefusal: true });
    expect(await call('success', { who: 'a' })).toBe('done');
  });

  it('is probed by the request that paused it where no other comes', async () => {
    const { call, skip } = openGate();
    await call('provider_unauthorized', { who: 'poison' });
    skip(MINUTE_MS);
    expect(await call('success', { who: 'poison' })).toBe('done');
  });

  it('is paused no less and not much longer where the clock goes back', async () => {
    const { call, skip } = openGate();
    await call('provider_unauthorized');
    skip(-60 * MINUTE_MS);
    expect(await call('success')).toMatchObject({ asks: { retryAfterMs: MINUTE_MS } });
    skip(MINUTE_MS - 1);
    expect(isPaused(await call('success'))).toBe(true);
    skip(1);
    expect(await call('success')).toBe('done');
  });

  it('tells one pause of many failures at the same time, and waits for its first probe only', async () => {
    const { call, changes, skip } = openGate(20);
    await Promise.all(Array.from({ length: 20 }, () => call('provider_unauthorized')));
    expect(changes).toHaveLength(1);
    skip(MINUTE_MS);
    expect(await call('success')).toBe('done');
  });

  it('spreads the return of its requests over a fifth of the wait', async () => {
    const { call } = openGate(2, () => 0.5);
    await call('provider_unauthorized');
    expect(await call('success')).toMatchObject({ asks: { retryAfterMs: 1.1 * MINUTE_MS } });
  });

  it('believes no Retry-After beyond the twelve hours that SQS can delay a message by', async () => {
    const { call, skip } = openGate();
    for (let failures = 0; failures < 5; failures++) await call('provider_throttled', { retryAfterMs: 1e15 });
    skip(12 * 60 * MINUTE_MS);
    expect(await call('success')).toBe('done');
  });

  it('does not probe before the Retry-After of what paused it', async () => {
    const { call, skip } = openGate();
    for (let failures = 0; failures < 5; failures++)
      await call('provider_throttled', { retryAfterMs: 3 * MINUTE_MS });
    skip(3 * MINUTE_MS - 1);
    expect(isPaused(await call('success'))).toBe(true);
    skip(1);
    expect(await call('success')).toBe('done');
  });
});
