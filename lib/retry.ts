import { FAILURES, type Failure, type RetrySchedule } from './failure.ts';

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
  const schedule = FAILURES[failure.code];
  if (schedule === 'never') return { step: 'dead-letter', exhausted: failure.code === 'delivery_exhausted' };
  if (attempt.receives >= attempt.maxReceives) return { step: 'dead-letter', exhausted: true };
  const wanted = Math.max(scheduledSeconds(schedule, attempt), (failure.details.retryAfterMs ?? 0) / 1000);
  const longest = LONGEST_SECONDS - Math.ceil(attempt.elapsedMs / 1000);
  return { step: 'retry', delaySeconds: Math.max(0, Math.min(Math.ceil(wanted), longest)) };
}

function scheduledSeconds(schedule: RetrySchedule, { receives, random }: Attempt): number {
  if (schedule === 'undelayed') return 0;
  if (schedule === 'soon') return SOON_SECONDS;
  const doubled = Math.min(BASE_SECONDS[schedule] * 2 ** (receives - 1), CEILING_SECONDS);
  return doubled / 2 + (doubled / 2) * random;
}
