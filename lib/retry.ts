import { FAILURES, type Failure, type Schedule } from './failure.ts';

export type NextStep =
  | { readonly step: 'dead-letter'; readonly exhausted: boolean }
  | { readonly step: 'retry'; readonly delaySeconds: number };

export interface Attempt {
  /** The receive count of this delivery, from 1. */
  readonly receives: number;
  /** The receive on which Usher itself gives up. */
  readonly maxReceives: number;
  /** How long ago the invocation began, in milliseconds. */
  readonly elapsedMs: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: number;
}

const SOON_SECONDS = 10;
const CEILING_SECONDS = 3600;
const BASE_SECONDS = { retry: 30, slowly: 120 };

/**
 * SQS refuses a visibility of more than 12 hours counted from the receive, which lies up to a batching window
 * (5 minutes at most) before the invocation.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const LONGEST_SECONDS = 12 * 3600 - 300;

/** What becomes of a request that failed: a dead-letter event, or another try after a delay in whole seconds. */
export function nextStep(failure: Failure, attempt: Attempt): NextStep {
  if (FAILURES[failure.code] === 'never') return { step: 'dead-letter', exhausted: false };
  if (attempt.receives >= attempt.maxReceives) return { step: 'dead-letter', exhausted: true };
  return { step: 'retry', delaySeconds: delaySeconds(failure, attempt) };
}

/** How long a message that goes back stays away: by its schedule, no sooner than Retry-After, no longer than SQS lets it. */
export function delaySeconds({ code, details }: Failure, attempt: Omit<Attempt, 'maxReceives'>): number {
  const wanted = Math.max(scheduledSeconds(FAILURES[code], attempt), (details.retryAfterMs ?? 0) / 1000);
  const longest = LONGEST_SECONDS - Math.ceil(attempt.elapsedMs / 1000);
  return Math.max(0, Math.min(Math.ceil(wanted), longest));
}

function scheduledSeconds(schedule: Schedule, { receives, random }: Omit<Attempt, 'maxReceives'>): number {
  if (schedule === 'never' || schedule === 'undelayed') return 0;
  if (schedule === 'soon') return SOON_SECONDS;
  const doubled = Math.min(BASE_SECONDS[schedule] * 2 ** (receives - 1), CEILING_SECONDS);
  return doubled / 2 + (doubled / 2) * random;
}
