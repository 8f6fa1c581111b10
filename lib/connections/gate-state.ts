import type { Failure, FailureCode } from '../records/failure.ts';

/** Whether a connection is used, and why not; changed by `enter` and `leave` alone. */
export type State = Open | Closed;

interface Open {
  readonly name: 'open';
  readonly era: number;
  readonly run: Run;
  /** The last request that was refused as may be its own fault, with no success since. */
  readonly refusedTo?: string;
}

interface Closed {
  /** `probing` while one task finds out whether the connection works again. */
  readonly name: 'paused' | 'probing';
  readonly era: number;
  readonly pause: Pause;
}

/** Failures in a row that are not the fault of a request. */
interface Run {
  readonly failures: number;
  readonly firstBy?: string;
  /** Whether they are of more than one request. */
  readonly isShared: boolean;
}

export interface Pause {
  readonly reason: Failure;
  /** When the connection was paused, and when that was last prolonged, in milliseconds since the epoch. */
  readonly since: number;
  readonly from: number;
  /** How long after `from` a probe is due. */
  readonly waitMs: number;
  readonly failedProbes: number;
  /** The request that paused the connection, or probed it last. */
  readonly by: string;
}

/** A task that was let in: whose, and in which era; what has begun before a pause, or before its end, shows nothing. */
export interface Visit {
  readonly who: string;
  readonly era: number;
}

type Evidence = 'works' | 'fails' | 'refuses everyone' | 'refuses one' | 'nothing';

const MINUTE_MS = 60_000;
const PROBE_AFTER_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
/** No Retry-After is believed beyond what SQS can delay a message by. */
const LONGEST_PAUSE_MS = 12 * 60 * MINUTE_MS;
/** So many failures in a row, of two requests at least, pause a connection. */
const LONGEST_RUN = 5;
const NO_RUN: Run = { failures: 0, isShared: false };

export const OPEN: State = { name: 'open', era: 0, run: NO_RUN };

/** A task of `who` arrives: where a probe is due it becomes the probe. */
export function enter(state: State, who: string, now: number): State {
  if (state.name !== 'paused') return state;
  const { pause } = state;
  // The clock has gone back: the pause ends neither early nor much too late.
  if (now < pause.from) return { ...state, pause: { ...pause, from: now } };
  return isDue(pause, now) ? { ...state, name: 'probing', pause: { ...pause, by: who } } : state;
}

/** A task that was let in has ended: with a failure, or well. */
export function leave(state: State, { who, era }: Visit, failure: Failure | undefined, now: number): State {
  if (era !== state.era) return state;
  return state.name === 'open' ? afterTask(state, who, failure, now) : afterProbe(state, failure, now);
}

/** Milliseconds until a probe is due. */
export function waitMsOf({ from, waitMs }: Pause, now: number): number {
  return Math.min(waitMs, Math.max(0, from + waitMs - now));
}

export function isDue(pause: Pause, now: number): boolean {
  return waitMsOf(pause, now) === 0;
}

function afterTask(state: Open, who: string, failure: Failure | undefined, now: number): State {
  const { era, refusedTo = who } = state;
  const paused = (reason: Failure): State => ({
    name: 'paused',
    era: era + 1,
    pause: { reason, since: now, failedProbes: 0, by: who, ...waitAfter(reason, 0, now) },
  });
  if (failure === undefined) return { name: 'open', era, run: NO_RUN };
  switch (evidenceOf(failure)) {
    case 'works':
      return { name: 'open', era, run: NO_RUN };
    case 'refuses everyone':
      return paused(failure);
    case 'refuses one':
      return refusedTo === who ? { ...state, refusedTo: who } : paused(failure);
    case 'fails': {
      const run = longer(state.run, who);
      return run.failures >= LONGEST_RUN && run.isShared ? paused(failure) : { ...state, run };
    }
    case 'nothing':
      return state;
  }
}

function afterProbe({ era, pause }: Closed, failure: Failure | undefined, now: number): State {
  const evidence = failure ? evidenceOf(failure) : 'works';
  if (evidence === 'works') return { name: 'open', era: era + 1, run: NO_RUN };
  if (failure === undefined || evidence === 'nothing') return { name: 'paused', era, pause };
  const failedProbes = pause.failedProbes + 1;
  const prolonged = { ...pause, reason: failure, failedProbes, ...waitAfter(failure, failedProbes, now) };
  return { name: 'paused', era, pause: prolonged };
}

function longer({ failures, firstBy = undefined, isShared }: Run, who: string): Run {
  const first = firstBy ?? who;
  return { failures: failures + 1, firstBy: first, isShared: isShared || first !== who };
}

function waitAfter({ asks }: Failure, failedProbes: number, now: number): Pick<Pause, 'from' | 'waitMs'> {
  const afterMs = PROBE_AFTER_MS[failedProbes] ?? PROBE_AFTER_MS.at(-1) ?? 0;
  const retryAfterMs = Math.min(asks.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
  return { from: now, waitMs: Math.max(afterMs, retryAfterMs) };
}

/** What failures show of their connection; what is not named here shows nothing. */
const EVIDENCE = new Map<FailureCode, Evidence>([
  ['user_conflict', 'works'],
  ['provider_rejected', 'works'],
  ['provider_pending', 'works'],
  ['provider_unauthorized', 'refuses everyone'],
  ['provider_not_found', 'fails'],
  ['provider_capacity', 'fails'],
  ['provider_throttled', 'fails'],
  ['provider_unavailable', 'fails'],
  ['provider_invalid_response', 'fails'],
  ['secret_unavailable', 'fails'],
  ['secret_invalid', 'fails'],
]);

function evidenceOf({ code, asks }: Failure): Evidence {
  return asks.ownRefusal ? 'refuses one' : (EVIDENCE.get(code) ?? 'nothing');
}
