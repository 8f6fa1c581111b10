import type { Clock } from '../clock.ts';
import { asFailure, Failure, type FailureCode } from '../records/failure.ts';
import { enter, isDue, leave, OPEN, type Pause, type State, type Visit, waitMsOf } from './gate-state.ts';
import { createLimiter } from './limiter.ts';

/**
 * What stands before one connection: runs a request's task when there is a place for it. While the connection is
 * paused it fails without running it, as `provider_unavailable` with the time until the next probe and what paused it.
 */
export type Gate = <T>(visitor: Visitor, task: () => Promise<T>) => Promise<T>;

export interface Visitor {
  /** Names the request, the same on each of its deliveries. */
  readonly who: string;
  /** How long it waits for a place, in the milliseconds of `clock.monotonic()`; then it fails with `out_of_time`. */
  readonly deadline: number;
}

export interface GateOptions {
  /** How many tasks run at a time. */
  readonly places: number;
  readonly clock: Clock;
  /** Called once when the connection is paused, and once when it has healed. */
  readonly onChange: (change: GateChange) => void;
  /** Called each time that a task meets a pause, or causes or prolongs it. */
  readonly onPaused: () => void;
}

export type GateChange =
  | {
      readonly state: 'paused';
      readonly code: FailureCode;
      /** The full name of the secret that is why. */
      readonly secret: string | undefined;
      readonly probeInMs: number;
    }
  | { readonly state: 'healed'; readonly pausedMs: number };

/** Up to this share of the wait is added to it. */
const SPREAD = 0.2;

/**
 * Makes the gate of one connection. Refused credentials pause it, and so does a run of failures that are nobody's
 * request's fault; then a single task is let through as a probe after 1, 5, 15 and each further 60 minutes, and a
 * success opens it again.
 */
export function createGate({ places, clock, onChange, onPaused }: GateOptions): Gate {
  const limiter = createLimiter(places, clock);
  let state: State = OPEN;

  function become(next: State): void {
    const before = state;
    state = next;
    const pause = pauseOf(next);
    // A pause that begins, or is prolonged, is another object.
    if (pause && pause !== pauseOf(before)) onPaused();
    if (before.name === 'open' && pause) {
      const { reason, waitMs } = pause;
      onChange({ state: 'paused', code: reason.code, secret: reason.told.secret, probeInMs: waitMs });
    }
    if (before.name !== 'open' && next.name === 'open') {
      onChange({ state: 'healed', pausedMs: Math.max(0, clock.now() - before.pause.since) });
    }
  }

  /** Whether a probe is due and the others of its batch go first: it has paused the connection, or probed last. */
  function isLast(who: string): boolean {
    const pause = pauseOf(state);
    return pause?.by === who && isDue(pause, clock.now());
  }

  /** Lets a task in, or fails with what has paused the connection. */
  function admit(who: string): Visit {
    const entered = enter(state, who, clock.now());
    state = entered.state;
    if (entered.visit) return entered.visit;
    onPaused();
    throw pausedFailure(entered.state.pause.reason, untilProbe(entered.state.pause));
  }

  /** Later by chance, so that not all requests come back in the same second. */
  function untilProbe(pause: Pause): number {
    return waitMsOf(pause, clock.now()) * (1 + SPREAD * clock.random());
  }

  /** Whoever fails while the connection is paused, or pauses it, comes back no sooner than anybody else. */
  function afterPause(failure: Failure): Failure {
    const pause = pauseOf(state);
    if (pause === undefined) return failure;
    return failure.asking({ retryAfterMs: Math.max(failure.asks.retryAfterMs ?? 0, untilProbe(pause)) });
  }

  /** Runs the task of a request that was let in, and learns from it. */
  async function observe<T>(visit: Visit, task: () => Promise<T>): Promise<T> {
    try {
      const result = await task();
      become(leave(state, visit, undefined, clock.now()));
      return result;
    } catch (error) {
      const failure = asFailure(error);
      become(leave(state, visit, failure, clock.now()));
      throw afterPause(failure);
    }
  }

  return async ({ who, deadline }, task) => {
    await limiter.take(deadline);
    try {
      if (isLast(who)) await clock.sleep(0);
      return await observe(admit(who), task);
    } finally {
      limiter.giveBack();
    }
  };
}

function pauseOf(state: State): Pause | undefined {
  return state.name === 'open' ? undefined : state.pause;
}

/** What failed before belongs to other requests: its code is told, and what is wrong with the secret, which is nobody's. */
function pausedFailure(reason: Failure, retryAfterMs: number): Failure {
  const { code: pausedBy, message, told } = reason;
  const { secret } = told;
  const isSecretWrong = pausedBy === 'secret_invalid' || pausedBy === 'secret_unavailable';
  const why = isSecretWrong ? ` ${message}` : secret === undefined ? '' : ` See the secret ${secret}.`;
  const text = `The connection is paused because of ${pausedBy}; the provider was not called.${why}`;
  return new Failure('provider_unavailable', text, { told: { secret }, asks: { retryAfterMs, pausedBy } });
}
