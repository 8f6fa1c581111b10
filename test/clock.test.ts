import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../lib/clock.ts';

test('The clock of the system sleeps for as many milliseconds as it is told, and shows them', async () => {
  vi.useFakeTimers({ now: 1_790_000_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const woken = systemClock.sleep(400).then(() => systemClock.now());
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await woken).toBe(1_790_000_000_400);
});
