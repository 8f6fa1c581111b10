import { FAILURES, type Failure, type Schedule } from './failure.ts';

/** What becomes of a request that failed; `exhausted` means that it would have been tried again. */
export type NextStep = 'dead-letter' | 'dead-letter as exhausted' | 'retry';

export interface Situation {
  /** The receive count of this delivery, from 1. */
  readonly receives: number;
  /** How long ago the invocation began, in milliseconds. */
  readonly elapsedMs: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: number;
}

const SOON_SECONDS = 10;
const SOON_CEILING_SECONDS = 600;
const CEILING_SECONDS = 3600;
const BASE_SECONDS = { retry: 30, slowly: 120 };

/**
 * SQS refuses a visibility of more than 12 hours counted from the receive, which lies up to a batching window
 * (5 minutes at most) before the invocation.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const LONGEST_SECONDS = 12 * 3600 - 300;

/** The request's own fault ends it at once; anything else ends it on the receive `maxReceives`. */
export function nextStep({ code }: Failure, receives: number, maxReceives: number): NextStep {
  if (FAILURES[code] === 'never') return 'dead-letter';
  return receives >= maxReceives ? 'dead-letter as exhausted' : 'retry';
}

/** How long a message that goes back stays away: by its schedule, no sooner than Retry-After, no longer than SQS lets it. */
export function delaySeconds({ code, asks }: Failure, attempt: Situation): number {
  const wanted = Math.max(scheduledSeconds(FAILURES[code], attempt), (asks.retryAfterMs ?? 0) / 1000);
  const longest = LONGEST_SECONDS - Math.ceil(attempt.elapsedMs / 1000);
  return Math.max(0, Math.min(Math.ceil(wanted), longest));
}

function scheduledSeconds(schedule: Schedule, { receives, random }: Situation): number {
  if (schedule === 'never' || schedule === 'undelayed') return 0;
  if (schedule === 'soon') return Math.min(SOON_SECONDS * 2 ** (receives - 1), SOON_CEILING_SECONDS);
  const doubled = Math.min(BASE_SECONDS[schedule] * 2 ** (receives - 1), CEILING_SECONDS);
  return doubled / 2 + (doubled / 2) * random;
}
