import type { Clock } from '../lib/clock.ts';

export interface SkippingClock extends Clock {
  /** Milliseconds of every sleep so far. */
  readonly slept: readonly number[];
  skip(ms: number): void;
  /** Puts the wall clock forward, or back, and no other. */
  jump(ms: number): void;
}

/** The real time, but sleeping takes none: what it would have taken is skipped. Chance always says 0. */
export function createSkippingClock(): SkippingClock {
  const slept: number[] = [];
  let skippedMs = 0;
  let jumpedMs = 0;
  const skip = (ms: number) => {
    skippedMs += ms;
  };
  return {
    now: () => Date.now() + skippedMs + jumpedMs,
    monotonic: () => performance.now() + skippedMs,
    sleep: async (ms) => {
      slept.push(ms);
      skip(ms);
    },
    random: () => 0,
    slept,
    skip,
    jump: (ms) => {
      jumpedMs += ms;
    },
  };
}
