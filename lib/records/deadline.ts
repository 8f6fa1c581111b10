import type { Clock } from '../clock.ts';
import { type Asks, Failure } from './failure.ts';

/** The time of an invocation is over, as far as this request is concerned. */
export function outOfTime(asks: Asks = {}): Failure {
  return new Failure('out_of_time', 'The invocation ended before the request was finished.', { asks });
}

/** What the promise comes to, or `out_of_time` at the deadline, in the milliseconds of `clock.monotonic()`. */
export function orOutOfTime<T>(promise: Promise<T>, deadline: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    // Node.js warns of a negative time, in a line of the log.
    const leftMs = Math.max(0, deadline - clock.monotonic());
    const timer = setTimeout(() => reject(outOfTime()), leftMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
