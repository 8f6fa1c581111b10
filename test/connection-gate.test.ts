import { describe, expect, it } from 'vitest';
import { createGate, type GateChange } from '../lib/connections/gate.ts';
import { asFailure, Failure, type FailureCode } from '../lib/records/failure.ts';
import { clockOf } from './clocks.ts';

const MINUTE_MS = 60_000;

/** A gate with two places, a clock that is set by hand, and what the gate has told. */
function openGate(places = 2, random = () => 0) {
  let now = 0;
  let calls = 0;
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
  const call = (outcome: FailureCode | 'success', retryAfterMs?: number) =>
    gate(async () => {
      calls += 1;
      if (outcome !== 'success') throw new Failure(outcome, `it is ${outcome}`, { asks: { retryAfterMs } });
      return 'done';
    }).catch(asFailure);
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
    await Promise.all(Array.from({ length: 20 }, () => gate(task)));
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
    const probe = gate(() => promise);
    expect(isPaused(await call('success'))).toBe(true);
    expect(calls()).toBe(1);
    resolve();
    await probe;
    expect(await call('success')).toBe('done');
  });

  it('lets no second probe through after the end of a call that began before the pause', async () => {
    const { gate, call, calls, skip } = openGate(4);
    const [early, probe] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const running = gate(() => early.promise).catch(asFailure);
    await call('provider_unauthorized');
    skip(MINUTE_MS);
    const probing = gate(() => probe.promise);
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
    const ask = () => gate(() => Promise.reject(missing)).catch(asFailure);
    for (let failures = 0; failures < 5; failures++) await ask();
    expect(changes).toMatchObject([{ state: 'paused', code: 'secret_unavailable', ...details }]);
    expect(await call('success')).toMatchObject({
      message:
        'The connection is paused because of secret_unavailable; the provider was not called. ' +
        'The secret usher/vectara/eu could not be read.',
      details: { pausedBy: 'secret_unavailable', ...details },
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

  it('is opened by the success of a call that was under way when it was paused', async () => {
    const { gate, call } = openGate();
    const { promise, resolve } = Promise.withResolvers<void>();
    const early = gate(() => promise);
    await call('provider_unauthorized');
    resolve();
    await early;
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
    for (let failures = 0; failures < 5; failures++) await call('provider_throttled', 1e15);
    skip(12 * 60 * MINUTE_MS);
    expect(await call('success')).toBe('done');
  });

  it('does not probe before the Retry-After of what paused it', async () => {
    const { call, skip } = openGate();
    for (let failures = 0; failures < 5; failures++) await call('provider_throttled', 3 * MINUTE_MS);
    skip(3 * MINUTE_MS - 1);
    expect(isPaused(await call('success'))).toBe(true);
    skip(1);
    expect(await call('success')).toBe('done');
  });
});
