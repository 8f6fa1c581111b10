import type { Clock } from '../clock.ts';
import { orOutOfTime } from '../records/deadline.ts';

/** Lets a bounded number run at a time, the others in the order of their arrival. */
export interface Limiter {
  /**
   * Waits for a place, which whoever gets it gives back; fails with `out_of_time` where there is none by the deadline,
   * in the milliseconds of `clock.monotonic()`.
   */
  take(deadline: number): Promise<void>;
  giveBack(): void;
}

export function createLimiter(places: number, clock: Clock): Limiter {
  const queue: (() => void)[] = [];
  let free = places;

  /** The place goes straight to the next in line, so that nobody can slip in between. */
  function giveBack(): void {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  }

  async function waitForPlace(deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push(resolve);
    try {
      await orOutOfTime(promise, deadline, clock);
    } catch (late) {
      const at = queue.indexOf(resolve);
      // Given in the very last moment, the place is another's.
      if (at === -1) giveBack();
      else queue.splice(at, 1);
      throw late;
    }
  }

  return {
    async take(deadline) {
      if (free > 0) free -= 1;
      else await waitForPlace(deadline);
    },
    giveBack,
  };
}
