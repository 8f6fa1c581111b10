import type { Clock } from '../lib/clock.ts';

export interface SkippingClock extends Clock {
  /** Milliseconds of every sleep so far. */
  readonly slept: readonly number[];
  /** Lets time go by. */
  skip(ms: number): void;
  /** Puts the wall clock forward, or back, and no other. */
  jump(ms: number): void;
}

/** Time stands still but for what is slept and skipped, neither of which takes any. Chance always says 0. */
export function createSkippingClock(): SkippingClock {
  const slept: number[] = [];
  let wallMs = Date.now();
  let passedMs = 0;
  const skip = (ms: number) => {
    passedMs += ms;
    wallMs += ms;
  };
  return {
    now: () => wallMs,
    monotonic: () => passedMs,
    sleep: async (ms) => {
      slept.push(ms);
      skip(ms);
    },
    random: () => 0,
    slept,
    skip,
    jump: (ms) => {
      wallMs += ms;
    },
  };
}
