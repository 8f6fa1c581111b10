import type { Failure, FailureCode } from '../records/failure.ts';

/** Whether a connection is used, and why not; changed by `enter` and `leave` alone. */
export type State = Open | Closed;

interface Open extends Suspicion {
  readonly name: 'open';
  readonly era: number;
  readonly run: Run;
}

interface Closed extends Suspicion {
  /** `probing` while one task finds out whether the connection works again. */
  readonly name: 'paused' | 'probing';
  readonly era: number;
  readonly pause: Pause;
}

interface Suspicion {
  /** The last request that was refused as may be its own fault, with no success since. */
  readonly refusedTo?: string | undefined;
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

/** What an arrival comes to: a visit, or none while the connection is paused. */
export type Entered =
  | { readonly state: State; readonly visit: Visit }
  | { readonly state: Closed; readonly visit?: undefined };

/** A task of `who` arrives: it is let in while the connection is open, or as the probe that is due. */
export function enter(state: State, who: string, now: number): Entered {
  const visit = { who, era: state.era };
  if (state.name === 'open') return { state, visit };
  if (state.name === 'probing') return { state };
  const { pause } = state;
  // The clock has gone back: the pause ends neither early nor much too late.
  if (now < pause.from) return { state: { ...state, pause: { ...pause, from: now } } };
  if (!isDue(pause, now)) return { state };
  return { state: { ...state, name: 'probing', pause: { ...pause, by: who } }, visit };
}

/** A task that was let in has ended: with a failure, or well. */
export function leave(state: State, { who, era }: Visit, failure: Failure | undefined, now: number): State {
  if (era !== state.era) return state;
  const evidence = failure === undefined ? 'works' : evidenceOf(failure);
  if (failure === undefined || evidence === 'works') return worked(state);
  return state.name === 'open'
    ? afterTask(state, who, failure, evidence, now)
    : afterProbe(state, who, failure, evidence, now);
}

/** Milliseconds until a probe is due. */
export function waitMsOf({ from, waitMs }: Pause, now: number): number {
  return Math.min(waitMs, Math.max(0, from + waitMs - now));
}

export function isDue(pause: Pause, now: number): boolean {
  return waitMsOf(pause, now) === 0;
}

function worked(state: State): State {
  if (state.name !== 'open') return { name: 'open', era: state.era + 1, run: NO_RUN };
  const isAsBefore = state.run === NO_RUN && state.refusedTo === undefined;
  return isAsBefore ? state : { name: 'open', era: state.era, run: NO_RUN };
}

function afterTask(state: Open, who: string, failure: Failure, evidence: Evidence, now: number): State {
  const { era, refusedTo } = state;
  const paused = (): State => ({
    ...{ name: 'paused', era: era + 1, refusedTo },
    pause: { reason: failure, since: now, failedProbes: 0, by: who, ...waitAfter(failure, 0, now) },
  });
  if (evidence === 'refuses everyone') return paused();
  if (evidence === 'refuses one') return isAnother(refusedTo, who) ? paused() : { ...state, refusedTo: who };
  if (evidence === 'nothing') return state;
  const run = longer(state.run, who);
  return run.failures >= LONGEST_RUN && run.isShared ? paused() : { ...state, run };
}

function afterProbe(state: Closed, who: string, failure: Failure, evidence: Evidence, now: number): State {
  const { pause, refusedTo } = state;
  const isItsOwn = evidence === 'refuses one' && !isAnother(refusedTo, who);
  if (isItsOwn) return { ...state, name: 'paused', refusedTo: who };
  if (evidence === 'nothing') return { ...state, name: 'paused' };
  const failedProbes = pause.failedProbes + 1;
  const prolonged = { ...pause, reason: failure, failedProbes, ...waitAfter(failure, failedProbes, now) };
  return { ...state, name: 'paused', pause: prolonged };
}

function isAnother(before: string | undefined, who: string): boolean {
  return before !== undefined && before !== who;
}

function longer({ failures, firstBy, isShared }: Run, who: string): Run {
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
