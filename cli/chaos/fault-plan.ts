import { between, createRandom } from './random.ts';

/** How often one kind of fault strikes. */
export interface Rate {
  readonly kind: string;
  /** Once in so many calls on average. */
  readonly every: number;
  /** The first time within so many calls, so that even a short run meets it; 30 by default. */
  readonly within?: number;
  /** So many calls in a row; one by default. */
  readonly times?: number;
}

/** Says what happens to the next call: the kind of its fault, or nothing. */
export type FaultPlan = () => string | undefined;

/** The faults of one kind of call, call by call: the same for the same seed and purpose. */
export function createFaultPlan(seed: number, purpose: string, rates: readonly Rate[]): FaultPlan {
  const random = createRandom(seed, purpose);
  const strikes = rates.map(({ kind, every, within = 30, times = 1 }) => ({
    ...{ kind, every, times },
    at: between(random, 1, Math.min(every, within)),
  }));
  let calls = 0;
  let left: string[] = [];
  return () => {
    calls += 1;
    const running = left.shift();
    if (running !== undefined) return running;
    const strike = strikes.find(({ at }) => at <= calls);
    if (strike === undefined) return undefined;
    strike.at = calls + strike.times + between(random, 0, 2 * (strike.every - 1));
    left = Array.from({ length: strike.times - 1 }, () => strike.kind);
    return strike.kind;
  };
}
