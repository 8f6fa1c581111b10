import type { JsonObject } from '../../lib/json.ts';
import { between, createRandom } from './random.ts';

/** The kinds of jumps. */
export const FORWARD = 'minutes forward';
export const BACK = 'minutes back';

const EVERY_CALLS = 20;
const MOST_MINUTES = 10;
const JUMPS = 20;

/** The variables of a function whose wall clock jumps in the middle of an invocation, minutes forward and back. */
export function jumpingClock(seed: number): Readonly<Record<string, string>> {
  const random = createRandom(seed, 'clock');
  const jumpsMs = Array.from(
    { length: JUMPS },
    (_, index) => (index % 2 === 0 ? 1 : -1) * between(random, 1, MOST_MINUTES) * 60_000,
  );
  return {
    CLOCK_JUMPS: JSON.stringify({ everyCalls: EVERY_CALLS, jumpsMs }),
    NODE_OPTIONS: `--import ${new URL('./jumping-clock.mjs', import.meta.url).href}`,
  };
}

/** The kind of the jump that a line of the function's log tells of. */
export function jumpIn({ message, aheadMs }: JsonObject): string | undefined {
  if (message !== 'clock jumped') return undefined;
  return Number(aheadMs) > 0 ? FORWARD : BACK;
}
