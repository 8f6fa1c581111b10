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

export interface FailureDetails {
  readonly httpStatus?: number | undefined;
  readonly providerCode?: string | undefined;
  readonly providerRequestId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** Names, never values, of the fields in which an existing user differs. */
  readonly differences?: readonly string[] | undefined;
  /** The provider asks not to be called again before this many milliseconds are over. */
  readonly retryAfterMs?: number | undefined;
  /** What this delivery learnt of the user; left out where it learnt nothing. */
  readonly remote?: Remote | undefined;
  /** The call may have been carried out although it failed. */
  readonly doubtful?: boolean | undefined;
  /** The full name of the secret that is missing or wrong. */
  readonly secret?: string | undefined;
  /** The connection is paused, and a failure with this code is why. */
  readonly pausedBy?: FailureCode | undefined;
  /** A blip that may be over this many milliseconds later, within the same invocation. */
  readonly quickTryMs?: number | undefined;
}

/** The one error class of the message path: what went wrong, in a form that can be answered with. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}, cause?: unknown) {
    super(message, { cause });
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }

  /** The same failure, knowing more. */
  with(details: FailureDetails): Failure {
    return new Failure(this.code, this.message, { ...this.details, ...details }, this.cause);
  }
}

/** A `Failure` as it is; anything else is a defect of ours and becomes `unexpected`. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new Failure('unexpected', `Usher failed with an internal error (${kind}).`, {}, error);
}

const order = Object.keys(FAILURES);

/**
 * Of two failures that both apply, the one that the table names first; a defect goes before all, so that it is told.
 * The longer Retry-After of the two holds, for a quick try too.
 */
export function leading(one: Failure, other: Failure): Failure {
  const rank = ({ code }: Failure) => (code === 'unexpected' ? -1 : order.indexOf(code));
  const [first, second] = rank(other) < rank(one) ? [other, one] : [one, other];
  const { retryAfterMs = 0, quickTryMs } = second.details;
  if (retryAfterMs <= (first.details.retryAfterMs ?? 0)) return first;
  return first.with({ retryAfterMs, quickTryMs: first.details.quickTryMs && quickTryMs });
}
