import { describe, expect, it } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { createLimiter } from '../lib/connections/limiter.ts';
import { orOutOfTime } from '../lib/records/deadline.ts';

const OVER = { code: 'out_of_time', asks: {} };
const now = () => systemClock.monotonic();
const long = () => now() + 60_000;

describe('What others may have begun', () => {
  it('is waited for as long as there is time', async () => {
    expect(await orOutOfTime(Promise.resolve('done'), long(), systemClock)).toBe('done');
    await expect(orOutOfTime(Promise.reject(new Error('no')), long(), systemClock)).rejects.toThrow('no');
  });

  it('costs no warning of Node.js where the deadline is over', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const late = orOutOfTime(new Promise<never>(() => {}), now() - 1_000, systemClock);
    await expect(late).rejects.toMatchObject(OVER);
    await new Promise(setImmediate);
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('is waited for no longer, and may go on', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    await expect(orOutOfTime(promise, now(), systemClock)).rejects.toMatchObject(OVER);
    // Nobody waits for it any more, and nobody is told.
    reject(new Error('too late'));
  });
});

describe('A place', () => {
  const open = (places: number, clock: Clock = systemClock) => createLimiter(places, clock);

  it('goes to those who wait in the order of their arrival', async () => {
    const limiter = open(1);
    const order: number[] = [];
    const all = [1, 2, 3].map(async (one) => {
      await limiter.take(long());
      order.push(one);
      await systemClock.sleep(0);
      limiter.giveBack();
    });
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3]);
  });

  it('is not waited for beyond the deadline, and goes to the next', async () => {
    const limiter = open(1);
    await limiter.take(long());
    const late = limiter.take(now());
    const patient = limiter.take(long());
    await expect(late).rejects.toMatchObject(OVER);
    limiter.giveBack();
    await patient;
    limiter.giveBack();
    await limiter.take(now());
  });
});
