/** Time and chance, passed in so that tests decide both. */
export interface Clock {
  /**
   * The wall clock: milliseconds since the epoch. It may jump either way, after a freeze above all, and is for what
   * lives on from one invocation to the next, for events and for what others tell in dates.
   */
  now(): number;
  /**
   * Milliseconds since some moment, never jumping: for durations and deadlines within an invocation. It may stand
   * still while the container is frozen.
   */
  monotonic(): number;
  sleep(ms: number): Promise<void>;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

/**
 * Whether so many milliseconds have passed on the wall clock since then. A moment that lies ahead, as the clock has
 * gone back, counts as long past, so that nothing is kept for ever.
 */
export function hasPassed(ms: number, since: number, clock: Clock): boolean {
  const age = clock.now() - since;
  return age >= ms || age < 0;
}
