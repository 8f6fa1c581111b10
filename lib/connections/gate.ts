import type { Clock } from '../clock.ts';
import { asFailure, Failure, type FailureCode } from '../records/failure.ts';
import { createLimiter } from './limiter.ts';

/**
 * What stands before one connection: runs a task when there is a place for it. While the connection is paused it
 * fails without running it, as `provider_unavailable` with the time until the next probe and what paused it.
 */
export type Gate = <T>(task: () => Promise<T>) => Promise<T>;

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

interface Pause {
  readonly reason: Failure;
  readonly since: number;
  readonly probeAt: number;
  /** How many probes have failed. */
  readonly failedProbes: number;
}

const MINUTE_MS = 60_000;
const PROBE_AFTER_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
/** No Retry-After is believed beyond what SQS can delay a message by. */
const LONGEST_PAUSE_MS = 12 * 60 * MINUTE_MS;
/** Up to this share of the wait is added to it. */
const SPREAD = 0.2;
/** So many failures in a row, none of them the fault of a request, pause a connection. */
const LONGEST_RUN = 5;

/** What a failure says of its connection; what is not named here says nothing. */
const VERDICTS = new Map<FailureCode, 'works' | 'fails' | 'refused'>([
  ['user_conflict', 'works'],
  ['provider_rejected', 'works'],
  ['provider_pending', 'works'],
  ['provider_unauthorized', 'refused'],
  ['provider_capacity', 'fails'],
  ['provider_throttled', 'fails'],
  ['provider_unavailable', 'fails'],
  ['provider_invalid_response', 'fails'],
  ['secret_unavailable', 'fails'],
  ['secret_invalid', 'fails'],
]);

/**
 * Makes the gate of one connection. Refused credentials pause it, and so does a run of failures that are nobody's
 * request's fault; then a single task is let through as a probe after 1, 5, 15 and each further 60 minutes, and a
 * success opens it again.
 */
export function createGate({ places, clock, onChange, onPaused }: GateOptions): Gate {
  const limiter = createLimiter(places);
  let failuresInARow = 0;
  let pause: Pause | undefined;
  let probing = false;

  function works(): void {
    failuresInARow = 0;
    if (pause) onChange({ state: 'healed', pausedMs: clock.now() - pause.since });
    pause = undefined;
  }

  function fails(failure: Failure, isProbe: boolean): void {
    failuresInARow += 1;
    const isBroken = VERDICTS.get(failure.code) === 'refused' || failuresInARow >= LONGEST_RUN;
    if (pause && isProbe) pause = pauseFor(failure, pause.failedProbes + 1, pause.since);
    else if (!pause && isBroken) {
      pause = pauseFor(failure, 0, clock.now());
      const { code, told } = failure;
      onChange({ state: 'paused', code, secret: told.secret, probeInMs: pause.probeAt - clock.now() });
    }
  }

  function pauseFor(reason: Failure, failedProbes: number, since: number): Pause {
    onPaused();
    const afterMs = PROBE_AFTER_MS[failedProbes] ?? PROBE_AFTER_MS.at(-1) ?? 0;
    const retryAfterMs = Math.min(reason.asks.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
    const probeAt = clock.now() + Math.max(afterMs, retryAfterMs);
    return { reason, since, probeAt, failedProbes };
  }

  /** True for a probe; fails while the connection is paused and no probe is due. */
  function enter(): boolean {
    if (!pause) return false;
    const waitMs = Math.max(0, pause.probeAt - clock.now());
    if (waitMs === 0 && !probing) {
      probing = true;
      return true;
    }
    onPaused();
    // Later by chance, so that not all requests come back in the same second.
    throw pausedFailure(pause.reason, waitMs * (1 + SPREAD * clock.random()));
  }

  return (task) =>
    limiter(async () => {
      const isProbe = enter();
      try {
        const result = await task();
        works();
        return result;
      } catch (error) {
        const failure = asFailure(error);
        const verdict = VERDICTS.get(failure.code);
        if (verdict === 'works') works();
        else if (verdict) fails(failure, isProbe);
        throw error;
      } finally {
        if (isProbe) probing = false;
      }
    });
}

/** What failed before belongs to other requests: its code is told, and what is wrong with the secret, which is nobody's. */
function pausedFailure(
  { code: pausedBy, message, told: { secret } }: Failure,
  retryAfterMs: number,
): Failure {
  const why = secret === undefined ? '' : ` ${message}`;
  const text = `The connection is paused because of ${pausedBy}; the provider was not called.${why}`;
  return new Failure('provider_unavailable', text, { told: { secret }, asks: { retryAfterMs, pausedBy } });
}
