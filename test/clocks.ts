import type { Clock } from '../lib/clock.ts';

/** A clock that stands still at 0, where sleeping takes no time and chance always says 0, but for what is given. */
export function clockOf(given: Partial<Clock> = {}): Clock {
  return { now: () => 0, monotonic: () => 0, sleep: async () => {}, random: () => 0, ...given };
}
