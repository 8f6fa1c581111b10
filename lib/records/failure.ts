import type { Issue } from '../schema.ts';

/**
 * Every way in which a request can fail, in the order in which one goes before another,
 * and what happens then: `never` = dead-letter at once, otherwise the schedule of its retries.
 */
export const FAILURES = {
  invalid_event: 'never',
  unsupported_provider: 'never',
  role_not_allowed: 'never',
  request_expired: 'never',
  user_conflict: 'never',
  provider_rejected: 'never',
  provider_unauthorized: 'slowly',
  provider_not_found: 'slowly',
  provider_capacity: 'slowly',
  provider_throttled: 'retry',
  provider_unavailable: 'retry',
  provider_pending: 'soon',
  provider_invalid_response: 'retry',
  secret_unavailable: 'slowly',
  secret_invalid: 'slowly',
  out_of_time: 'undelayed',
  outcome_unpublished: 'retry',
  unexpected: 'retry',
  delivery_exhausted: 'never',
} as const;

export type FailureCode = keyof typeof FAILURES;
export type Schedule = (typeof FAILURES)[FailureCode];

/** What is known of the user at the provider: whether this request has made one. */
export type Remote = 'absent' | 'present' | 'unknown';

/** The same before a delivery has asked: it may have been made, or cannot have been. */
export type RemoteBefore = Exclude<Remote, 'present'>;

/** What is told of a failure, in a dead letter or in the log. */
export interface Told {
  readonly httpStatus?: number | undefined;
  readonly providerCode?: string | undefined;
  readonly providerRequestId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** Names, never values, of the fields in which an existing user differs. */
  readonly differences?: readonly string[] | undefined;
  /** What this delivery learnt of the user; left out where it learnt nothing. */
  readonly remote?: Remote | undefined;
  /** The full name of the secret that is missing or wrong. */
  readonly secret?: string | undefined;
}

/** What a failure asks for of those who deal with it. */
export interface Asks {
  /** Not to be tried again before this many milliseconds are over. */
  readonly retryAfterMs?: number | undefined;
  /** To be tried again this many milliseconds later, within the same invocation: a blip that may be over by then. */
  readonly quickTryMs?: number | undefined;
  /** To look the user up: the call may have been carried out although it failed. */
  readonly doubtful?: boolean | undefined;
  /** To be held against the connection only once another request meets it too: it may mean this request alone. */
  readonly ownRefusal?: boolean | undefined;
  /** To be answered, in the end, with the code of what has paused the connection. */
  readonly pausedBy?: FailureCode | undefined;
}

export interface FailureParts {
  readonly told?: Told;
  readonly asks?: Asks;
  readonly cause?: unknown;
}

/** The one error class of the message path: what went wrong, in a form that can be answered with. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly told: Told;
  readonly asks: Asks;

  constructor(code: FailureCode, message: string, { told = {}, asks = {}, cause }: FailureParts = {}) {
    super(message, { cause });
    this.name = 'Failure';
    this.code = code;
    this.told = told;
    this.asks = asks;
  }

  /** The same failure under another code. */
  as(code: FailureCode): Failure {
    return new Failure(code, this.message, this);
  }

  /** The same failure, telling more. */
  telling(told: Told): Failure {
    const { asks, cause } = this;
    return new Failure(this.code, this.message, { told: { ...this.told, ...told }, asks, cause });
  }

  /** The same failure, asking for more. */
  asking(asks: Asks): Failure {
    const { told, cause } = this;
    return new Failure(this.code, this.message, { told, asks: { ...this.asks, ...asks }, cause });
  }
}

/** A `Failure` as it is; anything else is a defect of ours, wherever it struck, and becomes `unexpected`. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  const message = `Usher failed with an internal error (${kind}).`;
  return new Failure('unexpected', message, { asks: { doubtful: true }, cause: error });
}

const order = Object.keys(FAILURES);

/**
 * Of two failures that both apply, the one that the table names first; a defect goes before all, so that it is told.
 * The longer Retry-After of the two holds, for a quick try too.
 */
export function leading(one: Failure, other: Failure): Failure {
  const rank = ({ code }: Failure) => (code === 'unexpected' ? -1 : order.indexOf(code));
  const [first, second] = rank(other) < rank(one) ? [other, one] : [one, other];
  const { retryAfterMs = 0, quickTryMs } = second.asks;
  if (retryAfterMs <= (first.asks.retryAfterMs ?? 0)) return first;
  return first.asking({ retryAfterMs, quickTryMs: first.asks.quickTryMs && quickTryMs });
}
